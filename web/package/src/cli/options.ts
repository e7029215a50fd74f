// Options that several commands share.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { createEngine, type Engine } from '../engine.js';
import { OctavoError } from '../error.js';
import { loadModel, type Model } from '../model.js';
import type { Progress } from '../options.js';
import { listFiles, presetName, readSamples } from '../node/samples.js';
import type { Build } from '../start.js';
import type { Tensor } from '../tensor.js';
import { imagePresets } from '../preprocess/images.js';
import { withProgressBar } from './progress.js';

export interface CommonOptions {
  json?: boolean;
  engine: Build | 'auto';
  threads: number | 'auto';
}

export interface QuantizationOptions {
  calibration?: string[];
  observer: 'minmax' | 'movingAverage' | 'histogram';
  activations: 'u8' | 'u7';
  granularity: 'row' | 'tensor';
  weightRange: 'narrow' | 'full';
  perTensor?: boolean;
  ops?: string[];
  exclude?: string[];
  preset?: string;
}

const list = (value: string) => value.split(',').filter((item) => item !== '');

export function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('It is a whole number from 1 up.');
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

export function addPresetOption(command: Command): Command {
  const names = Object.keys(imagePresets).join(', ');
  return command.option(
    '--preset <name>',
    `how images become input: ${names} (default: by the input's size)`,
  );
}

export function addQuantizationOptions(command: Command): Command {
  return command
    .option('--calibration <path...>', 'static: files or folders of typical input')
    .addOption(
      new Option('--observer <name>', 'static: how ranges are chosen')
        .choices(['minmax', 'movingAverage', 'histogram'])
        .default('histogram'),
    )
    .addOption(new Option('--activations <type>', 'range of activations').choices(['u8', 'u7']).default('u8'))
    .addOption(
      new Option('--granularity <unit>', 'dynamic: what shares a range')
        .choices(['row', 'tensor'])
        .default('row'),
    )
    .addOption(
      new Option('--weight-range <range>', 'weights in [-127,127] or [-128,127]')
        .choices(['narrow', 'full'])
        .default('narrow'),
    )
    .option('--per-tensor', 'one scale per weight instead of one per output channel')
    .option('--ops <operators>', 'operators to quantize, separated by commas', list)
    .option('--exclude <nodes>', 'names of nodes to leave in float, separated by commas', list);
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
export function quantize(
  model: Model,
  method: 'dynamic' | 'static',
  options: QuantizationOptions,
): Promise<Model> {
  const common = {
    perChannel: !options.perTensor,
    reduceRange: options.activations === 'u7',
    weightRange: options.weightRange,
    ...(options.ops ? { opTypesToQuantize: options.ops } : {}),
    ...(options.exclude ? { nodesToExclude: options.exclude } : {}),
  };
  return withProgressBar(async (onProgress) => {
    if (method === 'dynamic') {
      return model.quantizeDynamic({ ...common, granularity: options.granularity, onProgress });
    }
    if (!options.calibration) {
      throw new OctavoError('InvalidOption', '--method static needs typical input: --calibration PATH…');
    }
    const { samples, onProgress: counted } = await openSamples(
      model,
      options.calibration,
      options.preset,
      onProgress,
    );
    return model.quantizeStatic({
      ...common,
      observer: options.observer,
      calibration: samples,
      onProgress: counted,
    });
  });
}

/** The samples in files and folders, read as they are needed, and a progress listener that knows how many they are. */
export async function openSamples(
  model: Model,
  paths: readonly string[],
  preset: string | undefined,
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
  if (preset !== undefined) presetName(input, { preset });
  const total = files.length;
  return {
    samples: readSamples(files, input, { preset }),
    onProgress: (progress) => onProgress({ ...progress, total: progress.total ?? total }),
  };
}
