// Preprocessing on the command line: how it is said, and what is asked for where nobody says it.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { OctavoError } from '../error.js';
import type { Model } from '../model.js';
import type { SampleOptions } from '../node/arrays.js';
import { isPicture } from '../node/samples.js';
import { describePreprocessing } from '../preprocess/describe.js';
import { findPreprocessing, type FoundPreprocessing } from '../preprocess/find.js';
import { pictureInput } from '../preprocess/picture_input.js';
import { preprocessingFor } from '../preprocess/preprocessing_for.js';
import {
  preprocessingNames,
  preprocessingPresets,
  type Preprocessing,
  type PreprocessingName,
} from '../preprocess/preprocessing.js';

/** Fields of preprocessing as the command line has them. */
export interface PictureOptions {
  preprocessing?: PreprocessingName;
  size?: { width: number; height: number };
  scale?: number;
  mean?: number[];
  std?: number[];
  channels?: Preprocessing['channels'];
  layout?: Preprocessing['layout'];
  resize?: Preprocessing['resize'];
  interpolation?: Preprocessing['interpolation'];
}

/** A number, or a fraction such as 1/255. */
function fraction(value: string): number {
  const [whole, over = '1', ...others] = value.split('/');
  const number = Number(whole) / Number(over);
  if (others.length > 0 || [whole, over].includes('') || !Number.isFinite(number))
    throw new InvalidArgumentError('It is a number, or a fraction such as 1/255.');
  return number;
}

function size(value: string): { width: number; height: number } {
  const [, width, , height = width] = /^(\d+)(x(\d+))?$/.exec(value) ?? [];
  if (width === undefined) throw new InvalidArgumentError('It is a number, or WIDTHxHEIGHT.');
  return { width: Number(width), height: Number(height) };
}

const fractions = (value: string) => value.split(',').map(fraction);

export function addPictureOptions(command: Command): Command {
  return command
    .optionsGroup('How pictures become input:')
    .addOption(
      new Option(
        '--preprocessing <name>',
        'a preset; the model says if it knows, and nothing is guessed',
      ).choices(preprocessingNames),
    )
    .option('--size <pixels>', 'size for inputs of any size: a number, or WIDTHxHEIGHT', size)
    .option(
      '--scale <number>',
      'multiplies values of 0..255, for example 1/255; also of arrays of bytes',
      fraction,
    )
    .option(
      '--mean <numbers>',
      'taken away after that: one, or one for each channel, separated by commas',
      fractions,
    )
    .option(
      '--std <numbers>',
      'divides after that: one, or one for each channel, separated by commas',
      fractions,
    )
    .addOption(new Option('--channels <order>', 'order of channels').choices(['RGB', 'BGR', 'grey']))
    .addOption(new Option('--layout <layout>', 'where the input does not tell it').choices(['NCHW', 'NHWC']))
    .addOption(
      new Option('--resize <way>', 'cut the centre out, pad on the right, or distort').choices([
        'cover',
        'fit',
        'stretch',
      ]),
    )
    .addOption(
      new Option('--interpolation <filter>', 'when resizing').choices(['bilinear', 'bicubic', 'nearest']),
    );
}

/** The presets, each with whose it is. */
export const presetsHelp = `
Presets of preprocessing:
${preprocessingNames.map((name) => `  ${name.padEnd(19)}${preprocessingPresets[name].about}`).join('\n')}`;

/** How files become samples, and where that is from. */
export interface PictureChoice extends SampleOptions {
  /** For people; absent where no picture is concerned. */
  said?: string;
}

/**
 * How files become input of a model, or one of its inputs: as the options say, else as the file does.
 * @throws OctavoError `InvalidOption` where it would be a guess, with the presets that fit
 */
export function choosePreprocessing(
  model: Pick<Model, 'inputs' | 'describe'>,
  options: PictureOptions,
  files: readonly string[],
): PictureChoice {
  const { preprocessing: name, size: asked, ...fields } = pictureFields(options);
  const given: Partial<Preprocessing> = { ...fields, ...asked };
  const [input] = model.inputs;
  const found = findPreprocessing(model);
  const chosen = (preprocessing: Preprocessing, why: string): PictureChoice => ({
    preprocessing,
    said: `${describePreprocessing(preprocessing)} (${why})`,
  });
  const isSaid = Object.keys(given).length > 0;
  const preset = name && preprocessingPresets[name].channels;
  const open = openForm(found, { ...(preset && { channels: preset }), ...given });
  // Without a scale nobody knows whether mean and std are of values in 0..1 or in 0..255.
  const saysNumbers = name !== undefined || given.scale !== undefined;
  if (name && open.length > 0) throw unsaid(found, saysNumbers, open);
  if (name) return chosen(preprocessingFor(input, name, given), 'as --preprocessing says');
  if (found.known && !isSaid) return chosen(found.known, found.why);
  if (found.known) return chosen(preprocessingFor(input, { ...found.known, ...given }), 'as the options say');
  const saysForm = given.layout !== undefined || given.channels !== undefined;
  const takesPictures = typeof pictureInput(input) !== 'string' || saysForm || files.some(isPicture);
  if (saysNumbers && takesPictures && open.length === 0)
    return chosen(preprocessingFor(input, given), 'as the options say');
  if (!isSaid && !files.some(isPicture)) return {};
  if (saysNumbers && !takesPictures && Object.keys(given).length === 1) return { scale: given.scale };
  throw unsaid(found, saysNumbers, open);
}

function pictureFields({
  preprocessing,
  size: asked,
  scale,
  mean,
  std,
  channels,
  layout,
  resize,
  interpolation,
}: PictureOptions): PictureOptions {
  const fields = { preprocessing, size: asked, scale, mean, std, channels, layout, resize, interpolation };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** What has to be said of an input that leaves open where its channels are, and how many. */
export function openForm(
  { layouts = [] }: FoundPreprocessing,
  { layout, channels }: Partial<Preprocessing> = {},
): string[] {
  return [
    ...(layouts.length > 1 && !layout ? [`--layout ${layouts.join(' | ')}`] : []),
    ...(layouts.length > 0 && !channels ? ['--channels RGB | BGR | grey'] : []),
  ];
}

function unsaid(
  { candidates, why }: FoundPreprocessing,
  numbers: boolean,
  form: readonly string[],
): OctavoError {
  const presets = candidates.length > 0 ? `--preprocessing ${candidates.join(' | ')}, or ` : '';
  const isAll = numbers && form.length > 0;
  const ways = [...form, ...(isAll ? [] : [`${presets}--scale, with --mean and --std if there are any`])];
  return new OctavoError(
    'InvalidOption',
    `how pictures become input is not known: ${why}; say ${ways.join(', and ')}`,
  );
}
