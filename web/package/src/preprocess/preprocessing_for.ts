// Preprocessing for an input: a preset or fields of one's own, filled in.
import { OctavoError } from '../error.js';
import type { ValueDescription } from '../native.js';
import { checkFields, checkPreprocessing } from './check.js';
import { openLayouts, pictureInput, presetsThatFit, withForm, type PictureInput } from './picture_input.js';
import {
  channelCount,
  preprocessingNames,
  preprocessingPresets,
  type Preprocessing,
  type PreprocessingName,
  type PreprocessingPreset,
} from './preprocessing.js';

/**
 * A preset or fields of one's own, filled in for an input: size, layout, number of channels and dtype are the input's. Fields
 * that nobody says are those of pixels as they are: scale 1, mean 0, std 1, RGB or grey, bilinear, the centre cut out. Where the
 * input leaves them open, layout and channels have to be said; most presets say the channels.
 * @param wanted a preset's name, or fields
 * @param overrides fields that replace those of a preset
 * @throws OctavoError `InvalidOption` for an unknown preset or field, or one that does not fit the input
 */
export function preprocessingFor(
  input: ValueDescription,
  wanted: PreprocessingName | Partial<Preprocessing>,
  overrides: Partial<Preprocessing> = {},
): Preprocessing {
  if (typeof (input as Partial<ValueDescription> | undefined)?.type !== 'string')
    throw new OctavoError('InvalidOption', 'the input is one of a model: model.inputs[0], for example');
  const preset = typeof wanted === 'string' ? presetOfName(wanted) : undefined;
  const given = checkFields(typeof wanted === 'string' ? overrides : { ...wanted, ...overrides });
  const picture = withSaid(input, given.layout, given.channels ?? preset?.channels);
  const fallback = picture.channels === 1 ? 'grey' : 'RGB';
  const channels = given.channels ?? preset?.channels ?? fallback;
  const { width, height } = sizeOf(picture, given, preset);
  for (const [what, asked, own] of [
    ['channels', channelCount(channels), picture.channels],
    ['width', width, picture.width],
    ['height', height, picture.height],
    ['layout', given.layout, picture.layout],
    ['dtype', given.dtype, picture.dtype],
  ])
    if (asked !== undefined && own !== undefined && asked !== own)
      throw new OctavoError(
        'InvalidOption',
        `input '${input.name}' has ${what} ${own}, not ${asked}${offer(picture)}`,
      );
  if (preset && picture.dtype !== 'float32' && !(given.mean && given.std && given.scale !== undefined))
    throw new OctavoError(
      'InvalidOption',
      `input '${input.name}' is ${picture.dtype}, which no preset makes: say scale, mean and std`,
    );
  const each = (list: readonly number[]) =>
    list.length === 1 ? Array.from({ length: picture.channels }, () => list[0]) : [...list];
  const resize = given.resize ?? preset?.resize ?? 'cover';
  const side = given.side ?? Math.round((preset?.sideRatio ?? 1) * Math.max(width, height));
  return checkPreprocessing({
    resize,
    ...(resize === 'cover' && { side }),
    width,
    height,
    layout: picture.layout,
    channels,
    scale: given.scale ?? preset?.scale ?? 1,
    mean: each(given.mean ?? preset?.mean ?? [0]),
    std: each(given.std ?? preset?.std ?? [1]),
    dtype: picture.dtype,
    interpolation: given.interpolation ?? preset?.interpolation ?? 'bilinear',
  });
}

function presetOfName(name: string): PreprocessingPreset {
  if (Object.hasOwn(preprocessingPresets, name)) return preprocessingPresets[name as PreprocessingName];
  throw new OctavoError(
    'InvalidOption',
    `there is no preprocessing '${name}'; there are ${preprocessingNames.join(', ')}`,
  );
}

/** The presets that fit an input, to end a message with. */
function offer(picture: PictureInput): string {
  const fitting = presetsThatFit(picture);
  return fitting.length > 0 ? `; presets that fit are ${fitting.join(', ')}` : '';
}

/** An input whose dimensions leave layout and channels open has those that the caller says, or the preset. */
function withSaid(
  input: ValueDescription,
  said: Preprocessing['layout'] | undefined,
  channels: Preprocessing['channels'] | undefined,
): PictureInput {
  const layouts = openLayouts(input);
  const layout = said ?? (layouts.length === 1 ? layouts[0] : undefined);
  const saysLayout = layout !== undefined && layouts.includes(layout);
  const settled = saysLayout && channels ? withForm(input, layout, channelCount(channels)) : input;
  const picture = pictureInput(settled);
  if (typeof picture !== 'string') return picture;
  const open = [
    ...(saysLayout ? [] : [`layout (${layouts.join(', ')})`]),
    ...(channels ? [] : ['channels (RGB, BGR, grey)']),
  ];
  const remedy = layouts.length > 0 ? `; say ${open.join(' and ')}` : '';
  throw new OctavoError('InvalidOption', picture + remedy);
}

/** What the input or the caller says; of what neither does, the preset's usual size, or the other side of a square. */
function sizeOf(
  picture: PictureInput,
  given: Partial<Preprocessing>,
  preset: PreprocessingPreset | undefined,
): { width: number; height: number } {
  const width = given.width ?? picture.width;
  const height = given.height ?? picture.height;
  if (width !== undefined && height !== undefined) return { width, height };
  const usual = preset?.usual ?? { width: 224, height: 224 };
  const grey = picture.channels === 1 && !preset?.channels;
  const other = usual.width === usual.height ? (width ?? height ?? (grey ? 28 : undefined)) : undefined;
  return { width: width ?? other ?? usual.width, height: height ?? other ?? usual.height };
}
