// How a command quantizes: its options, and the method where none is given.
import { Option, type Command } from 'commander';
import { operatorsForSize } from '../advise/target.js';
import { OctavoError } from '../error.js';
import type { Model } from '../model.js';
import type { DynamicOptions, Layer, StaticOptions, WeightsOptions } from '../native.js';
import { supportedOperators } from '../operators.js';
import {
  quantizationRows,
  quantizationTargets,
  type Method,
  type QuantizationTarget,
} from '../quantization_options.js';
import { rememberPreprocessing } from '../preprocess/find.js';
import { coverageOf, type Coverage } from './coverage.js';
import type { Sample, Samples } from '../options.js';
import { finiteNumber, type CommonOptions } from './options.js';
import { choosePreprocessing, type PictureChoice, type PictureOptions } from './pictures.js';
import { withProgressBar } from './progress.js';
import { findSamples } from './samples.js';

/** Those of quantizationRows under the names that their flags give them, and what is no option of a quantizer. */
export interface QuantizationOptions extends PictureOptions, CommonOptions {
  method?: Method;
  calibration?: string[];
  target?: QuantizationTarget;
  bits?: number;
}

/** A quantized copy, and how it came about. */
export interface Quantized {
  model: Model;
  method: Method;
  /** Why this method. */
  why: string;
  choice: PictureChoice;
  /** Of what is to be in integers: with the target speed some of it is not. */
  coverage: Coverage;
  target: QuantizationTarget | undefined;
  /** Of a weight. */
  bits: number;
}

const list = (value: string) => value.split(',').filter((item) => item !== '');

export function addQuantizationOptions(command: Command): Command {
  command
    .optionsGroup('Quantization:')
    .addOption(
      new Option(
        '--method <method>',
        'ranges of activations while running, or beforehand from typical input, or weights alone (default: static with --calibration, else dynamic)',
      ).choices(['dynamic', 'static', 'weights']),
    )
    .option(
      '--calibration <path...>',
      'static, weights: files or folders of typical input; dynamic with --target speed: what to measure with',
    )
    .addOption(
      new Option(
        '--target <what>',
        'what to spare; speed measures with the calibration data and leaves in float what int8 does not make faster',
      ).choices(quantizationTargets),
    );
  for (const [, { flag, help, kind, choices, means }] of quantizationRows) {
    const option = new Option(flag, help);
    const words = choices?.map(String) ?? Object.keys(means ?? {});
    if (words.length > 1) option.choices(words);
    if (kind === 'names') option.argParser(list);
    if (kind === 'number' || kind === 'strength') option.argParser(finiteNumber);
    command.addOption(option);
  }
  return command;
}

/**
 * The options that the command line gave, as the quantizer takes them.
 * @throws OctavoError `InvalidOption` for one that the method does not have
 */
function givenOptions(
  method: Method,
  given: QuantizationOptions,
): DynamicOptions & StaticOptions & WeightsOptions {
  const options: Record<string, unknown> = {};
  for (const [name, { flag, methods, means, choices }] of quantizationRows) {
    const value = (given as unknown as Record<string, unknown>)[new Option(flag).attributeName()];
    if (value === undefined) continue;
    if (!methods.includes(method)) {
      const [word] = flag.split(' ');
      const why = given.method
        ? ''
        : `, which is the method ${given.calibration ? 'with' : 'without'} --calibration`;
      throw new OctavoError('InvalidOption', `${word} is no option of --method ${method}${why}`);
    }
    options[name] = means
      ? means[value === true ? '' : (value as string)]
      : (choices?.find((choice) => String(choice) === value) ?? value);
  }
  return options;
}

function methodOf({ method, calibration, target }: QuantizationOptions): { method: Method; why: string } {
  if (method === 'dynamic' && calibration && target !== 'speed')
    throw new OctavoError('InvalidOption', '--calibration is for --method dynamic with --target speed alone');
  if (method === 'static' && !calibration)
    throw new OctavoError('InvalidOption', '--method static needs typical input: --calibration PATH…');
  if (target && method === 'weights')
    throw new OctavoError('InvalidOption', '--target is no option of --method weights');
  if (target === 'speed' && !calibration)
    throw new OctavoError('InvalidOption', '--target speed measures with typical input: --calibration PATH…');
  if (method) return { method, why: 'as --method says' };
  return calibration
    ? { method: 'static', why: 'there is calibration data' }
    : { method: 'dynamic', why: 'there is no calibration data' };
}

const byMethod = {
  dynamic: (model: Model, chosen: object, rest: object) => model.quantizeDynamic({ ...chosen, ...rest }),
  static: (model: Model, chosen: object, rest: object) =>
    model.quantizeStatic({ ...chosen, ...(rest as { calibration: Samples }) }),
  weights: (model: Model, chosen: object, rest: object) => model.quantizeWeights({ ...chosen, ...rest }),
};

/**
 * Quantizes as the options say, with a progress bar. The copy remembers how pictures become its input, if that is known.
 * @throws OctavoError `InvalidOption`, also where nobody chose dynamic and it would change nothing; as the quantizers do
 */
export async function quantize(model: Model, options: QuantizationOptions): Promise<Quantized> {
  const { method, why } = methodOf(options);
  const chosen = givenOptions(method, options);
  const layers = await model.layers();
  if (options.target === 'size' && method === 'dynamic')
    chosen.opTypesToQuantize ??= operatorsForSize(layers);
  checkFloat(model);
  await checkOperators(chosen.opTypesToQuantize ?? [], model);
  const coverage = coverageOf(layers, method, chosen);
  if (!options.method && coverage.integer.nodes === 0) throw nothingToDo(layers, method);
  const samples = options.calibration && (await findSamples(model, options.calibration, options));
  const choice = samples?.choice ?? choosePreprocessing(model, options, []);
  const sample = samples && method === 'dynamic' ? await firstOf(samples.read()) : undefined;
  const made = await withProgressBar(options, (onProgress) =>
    byMethod[method](model, chosen, {
      onProgress: samples?.counted(onProgress) ?? onProgress,
      ...(options.target && { target: options.target }),
      ...(samples && (method === 'dynamic' ? { sample } : { calibration: samples.read() })),
    }),
  );
  // The float model stays the file that it is.
  if (choice.preprocessing) await rememberPreprocessing(made, choice.preprocessing);
  const bits = chosen.bits ?? chosen.weightBits ?? 8;
  return { model: made, method, why, choice, coverage, target: options.target, bits };
}

/** What a dynamically quantized network is timed with. */
async function firstOf(samples: Samples): Promise<Sample> {
  for await (const sample of samples) return sample;
  throw new OctavoError('InvalidData', '--calibration has no sample');
}

/** A misspelt operator quantizes nothing, which would be said instead. */
async function checkOperators(names: readonly string[], { engine }: Model): Promise<void> {
  if (names.length === 0) return;
  const known = (await supportedOperators({ engine })).map(({ type }) => type);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = known.find((name) => name.toLowerCase() === unknown.toLowerCase());
  const hint = meant ? ` (Did you mean ${meant}?)` : '';
  throw new OctavoError('InvalidOption', `unknown operator '${unknown}'${hint}`);
}

function checkFloat(model: Model): void {
  const { scheme } = model.describe().quantization;
  if (scheme === 'none') return;
  throw new OctavoError(
    'InvalidOption',
    `${model.name} is quantized already (${scheme}); give its float original`,
  );
}

function nothingToDo(layers: readonly Layer[], method: Method): OctavoError {
  const forStatic = coverageOf(layers, 'static', {}).integer;
  const remedy =
    method === 'dynamic' && forStatic.nodes > 0
      ? `; static quantizes ${forStatic.text}, from typical input: --calibration PATH…`
      : '';
  return new OctavoError('InvalidOption', `${method} quantizes nothing of this network${remedy}`);
}
