// Options that several commands share.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { createEngine, type Engine } from '../engine.js';
import { OctavoError } from '../error.js';
import { loadModel, type Model } from '../model.js';
import type { DynamicOptions, StaticOptions } from '../native.js';
import type { Progress } from '../options.js';
import { quantizationRows, type Method } from '../quantization_options.js';
import { listFiles, readSamples } from '../node/samples.js';
import type { Build } from '../start.js';
import type { Tensor } from '../tensor.js';
import { choosePreprocessing, type PictureOptions } from './pictures.js';
import { withProgressBar } from './progress.js';

export interface CommonOptions {
  json?: boolean;
  engine: Build | 'auto';
  threads: number | 'auto';
}

/** Those of quantizationRows under the names that their flags give them, and what is no option of a quantizer. */
export interface QuantizationOptions extends PictureOptions {
  calibration?: string[];
}

const list = (value: string) => value.split(',').filter((item) => item !== '');

export function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('It is a whole number from 1 up.');
  return number;
}

function anyNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || Number.isNaN(number)) throw new InvalidArgumentError('It is a number.');
  return number;
}

export function addCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON document')
    .addOption(
      new Option('--engine <build>', 'engine build').choices(['auto', 'simd', 'relaxed']).default('auto'),
    )
    .option(
      '--threads <number>',
      'threads that compute: a number, or auto (the cores, at most 4)',
      (value) => (value === 'auto' ? value : wholeNumber(value)),
      'auto',
    );
}

export function addQuantizationOptions(command: Command): Command {
  command.option('--calibration <path...>', 'static: files or folders of typical input');
  for (const [, { flag, help, kind, choices, means }] of quantizationRows) {
    const option = new Option(flag, help);
    const words = choices ?? Object.keys(means ?? {});
    if (words.length > 1) option.choices(words);
    if (kind === 'names') option.argParser(list);
    if (kind === 'number') option.argParser(anyNumber);
    command.addOption(option);
  }
  return command;
}

/**
 * The options that the command line gave, as the quantizer takes them.
 * @throws OctavoError `InvalidOption` for one that the method does not have
 */
function givenOptions(method: Method, given: QuantizationOptions): DynamicOptions & StaticOptions {
  const options: Record<string, unknown> = {};
  for (const [name, { flag, methods, means }] of quantizationRows) {
    const value = (given as Record<string, unknown>)[new Option(flag).attributeName()];
    if (value === undefined) continue;
    if (!methods.includes(method)) {
      const [word] = flag.split(' ');
      throw new OctavoError('InvalidOption', `${word} is no option of --method ${method}`);
    }
    options[name] = means ? means[value === true ? '' : (value as string)] : value;
  }
  return options;
}

/** Runs a command's work in an engine of its own. */
export async function withEngine<T>(
  options: CommonOptions,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await createEngine({ build: options.engine, threads: options.threads });
  try {
    return await work(engine);
  } finally {
    engine.dispose();
  }
}

/** Loads a model with a progress bar. */
export function load(engine: Engine, path: string): Promise<Model> {
  return withProgressBar((onProgress) => loadModel(path, { engine, onProgress }));
}

/** Quantizes as the options say, with a progress bar. */
export function quantize(model: Model, method: Method, options: QuantizationOptions): Promise<Model> {
  const chosen = givenOptions(method, options);
  if (method === 'dynamic' && options.calibration)
    throw new OctavoError('InvalidOption', '--calibration is no option of --method dynamic');
  return withProgressBar(async (onProgress) => {
    if (method === 'dynamic') return model.quantizeDynamic({ ...chosen, onProgress });
    if (!options.calibration) {
      throw new OctavoError('InvalidOption', '--method static needs typical input: --calibration PATH…');
    }
    const { samples, onProgress: counted } = await openSamples(
      model,
      options.calibration,
      options,
      onProgress,
    );
    return model.quantizeStatic({ ...chosen, calibration: samples, onProgress: counted });
  });
}

/** The samples in files and folders, read as they are needed, and a progress listener that knows how many they are. */
export async function openSamples(
  model: Model,
  paths: readonly string[],
  options: PictureOptions,
  onProgress: (progress: Progress) => void,
): Promise<{ samples: AsyncIterable<Tensor>; onProgress: (progress: Progress) => void }> {
  const [input, ...others] = model.inputs;
  if (!input || others.length > 0) {
    const names = model.inputs.map(({ name }) => name).join(', ');
    throw new OctavoError(
      'InvalidOption',
      `a file is a sample for a model with one input; this one has ${names}`,
    );
  }
  const files = await listFiles(paths);
  const choice = choosePreprocessing(model, options, files);
  const total = files.length;
  return {
    samples: readSamples(files, input, choice),
    onProgress: (progress) => onProgress({ ...progress, total: progress.total ?? total }),
  };
}
