// What the input of a network says of the pictures that it takes.
import { isHalfType } from '../half.js';
import type { ValueDescription } from '../native.js';
import {
  channelCount,
  preprocessingNames,
  preprocessingPresets,
  type Preprocessing,
  type PreprocessingName,
} from './preprocessing.js';

/** An input that takes a picture; sizes that are open are absent. */
export interface PictureInput {
  layout: Preprocessing['layout'];
  channels: 1 | 3;
  width?: number;
  height?: number;
  dtype: Preprocessing['dtype'];
}

const dtypes: readonly string[] = ['float32', 'uint8', 'int8'] satisfies Preprocessing['dtype'][];

/**
 * Reads an input as that of one picture: four dimensions, of which the second or the last is of 1 or 3 channels.
 * @returns or why it is none
 */
export function pictureInput({ name, type: declared, dims }: ValueDescription): PictureInput | string {
  // An input of 16-bit floats takes float32.
  const type = isHalfType(declared) ? 'float32' : declared;
  const shown = `input '${name}' is ${type} ${dims ? `[${dims.join(', ')}]` : 'of unknown rank'}`;
  if (!dtypes.includes(type)) return `${shown}: pictures are made as ${dtypes.join(', ')}`;
  if (dims?.length !== 4) return `${shown}: a picture has four dimensions`;
  const [batch, ...sizes] = dims;
  if (typeof batch === 'number' && batch !== 1) return `${shown}: it takes ${batch} pictures at once`;
  const isChannels = (size: number | string) => size === 1 || size === 3;
  const first = isChannels(sizes[0]);
  if (!first && !isChannels(sizes[2])) return `${shown}: a picture has 1 or 3 channels`;
  const [height, width] = first ? sizes.slice(1) : sizes;
  return {
    layout: first ? 'NCHW' : 'NHWC',
    channels: (first ? sizes[0] : sizes[2]) as 1 | 3,
    ...(typeof width === 'number' && { width }),
    ...(typeof height === 'number' && { height }),
    dtype: type as Preprocessing['dtype'],
  };
}

const layoutAxis = { NCHW: 1, NHWC: 3 } as const;

/**
 * The layouts that an input may have whose dimensions do not tell where its channels are, or how many: both then have to be
 * said. Empty where they tell it, or it takes no picture.
 */
export function openLayouts(input: ValueDescription): Preprocessing['layout'][] {
  if (typeof pictureInput(input) !== 'string') return [];
  const layouts = Object.keys(layoutAxis) as Preprocessing['layout'][];
  return layouts.filter(
    (layout) =>
      typeof input.dims?.[layoutAxis[layout]] !== 'number' &&
      typeof pictureInput(withForm(input, layout, 3)) !== 'string',
  );
}

/** An input as it is in one of its open layouts, with so many channels. */
export function withForm(
  input: ValueDescription,
  layout: Preprocessing['layout'],
  channels: 1 | 3,
): ValueDescription {
  const dims = input.dims ?? ['?', '?', '?', '?'];
  return { ...input, dims: dims.map((size, axis) => (axis === layoutAxis[layout] ? channels : size)) };
}

/** The presets that make such an input. Those of one network's own size are for that size only, and come first where it is said. */
export function presetsThatFit({ channels, width, height, dtype }: PictureInput): PreprocessingName[] {
  if (dtype !== 'float32') return [];
  const fitting = preprocessingNames.filter((name) => {
    const { channels: own, usual, onlyUsual } = preprocessingPresets[name];
    if (own && channelCount(own) !== channels) return false;
    return (
      !onlyUsual || ((width ?? usual.width) === usual.width && (height ?? usual.height) === usual.height)
    );
  });
  const isOwn = (name: PreprocessingName) =>
    preprocessingPresets[name].onlyUsual === true && width !== undefined && height !== undefined;
  return [...fitting.filter(isOwn), ...fitting.filter((name) => !isOwn(name))];
}

/** The presets that make an input, in whichever form where that is open; none where it takes no picture. */
export function candidatesFor(input: ValueDescription): PreprocessingName[] {
  const forms = openLayouts(input).flatMap((layout) =>
    ([1, 3] as const).map((channels) => withForm(input, layout, channels)),
  );
  const fitting = (forms.length > 0 ? forms : [input]).map((form) => {
    const picture = pictureInput(form);
    return typeof picture === 'string' ? [] : presetsThatFit(picture);
  });
  return fitting.length > 1
    ? preprocessingNames.filter((name) => fitting.flat().includes(name))
    : (fitting[0] ?? []);
}
