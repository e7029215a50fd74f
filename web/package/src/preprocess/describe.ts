// Preprocessing in a line, for people.
import { preprocessingNames, preprocessingPresets, type Preprocessing } from './preprocessing.js';

const resizing = {
  cover: ({ side, width, height }: Preprocessing) =>
    `shorter side to ${side ?? Math.max(width, height)}, centre cut out`,
  fit: ({ height }: Preprocessing) => `height to ${height}, zeros on the right`,
  stretch: () => 'stretched',
};

/** For example `224×224 RGB, NCHW, imagenet: (value × 1/255 − 0.485, …) / 0.229, …; shorter side to 256, …`. */
export function describePreprocessing(preprocessing: Preprocessing): string {
  const { width, height, channels, layout, dtype, resize, interpolation } = preprocessing;
  const name = nameOf(preprocessing);
  const type = dtype === 'float32' ? '' : `, ${dtype}`;
  const what = `${width}×${height} ${channels}, ${layout}${type}${name ? `, ${name}` : ''}`;
  return `${what}: ${formula(preprocessing)}; ${resizing[resize](preprocessing)}, ${interpolation}`;
}

/** The preset whose numbers and channels these are. */
function nameOf({ channels, scale, mean, std, resize }: Preprocessing): string | undefined {
  const same = (list: readonly number[], other: readonly number[]) =>
    list.every((value, i) => value === (other.length === 1 ? other[0] : other[i]));
  return preprocessingNames.find((name) => {
    const preset = preprocessingPresets[name];
    return (
      (preset.channels ?? channels) === channels &&
      preset.resize === resize &&
      preset.scale === scale &&
      same(mean, preset.mean) &&
      same(std, preset.std)
    );
  });
}

function formula({ scale, mean, std }: Preprocessing): string {
  const list = (values: readonly number[]) =>
    values.every((value) => value === values[0]) ? String(values[0]) : `[${values.join(', ')}]`;
  const inverse = 1 / scale;
  const fraction = Number.isInteger(inverse) ? `1/${inverse}` : String(scale);
  const scaled = scale === 1 ? 'value' : `value × ${fraction}`;
  const less = mean.every((value) => value === 0) ? scaled : `${scaled} − ${list(mean)}`;
  if (std.every((value) => value === 1)) return less === 'value' ? 'values as they are, 0..255' : less;
  return `(${less}) / ${list(std)}`;
}
