// Options and reports of training, and what the engine makes of them.
import { checkOptions, type KnownOptions } from '../check_options.js';
import type { Engine } from '../engine.js';
import { OctavoError } from '../error.js';
import type { Model } from '../model.js';
import type {
  NativeTrainingSetup,
  NativeTrainingTarget,
  SelectionOptions,
  WeightsOptions,
} from '../native.js';
import type { CallOptions, LongCallOptions, Sample, Samples } from '../options.js';
import { isBytes, type TensorLike } from '../tensor.js';

export interface PrepareTrainingOptions extends LongCallOptions {
  /** Names of the constants that are trained: by default weights, biases, scales and embeddings, all that operators learn. */
  parameters?: readonly string[];
  /**
   * By which mean and variance BatchNormalization goes, where the network still has it: `frozen`, the default: those of the file;
   * `trained`: in a step those of the batch, which running ones follow with the node's momentum (PyTorch's `train()`), and otherwise
   * the running ones.
   */
  batchNormalization?: 'frozen' | 'trained';
  /**
   * Where BatchNormalization is `trained`: the file that the model was loaded from. Loading folds it into convolutions, from which it
   * cannot be had back.
   */
  file?: Uint8Array;
  /**
   * An engine with `training`. By default the model's own, if it is one, or else one that starts for this training, with the model's
   * build and number of threads, and ends with it.
   */
  engine?: Engine | Promise<Engine>;
}

/** `file`: as it was begun with. */
export type ResumeOptions = CallOptions & Pick<PrepareTrainingOptions, 'engine' | 'file'>;

/** How the weights are rounded that the network is trained with. */
export interface TrainedWeights {
  /** 2 to 8 (the default). */
  bits?: number;
  /** One scale per output channel of a weight (the default), or one per tensor. Not with activations in float. */
  perChannel?: boolean;
  /** `narrow`, the default: weights in [-127, 127]. `full`: in [-128, 127], as PyTorch. Not with activations in float. */
  range?: 'narrow' | 'full';
  /** With activations in float: how many weights share a scale, as `quantizeWeights` has it. Default `channel`. */
  blockSize?: WeightsOptions['blockSize'];
}

export interface PrepareQatOptions extends PrepareTrainingOptions, SelectionOptions {
  weights?: TrainedWeights;
  /**
   * How activations are rounded: 2 to 8 (the default) bits. What the network is given keeps 8. `float`: not at all; weights alone are, and
   * those that `quantizeWeights` rounds, whose form `convert` gives. Then neither `calibration` nor `from` is needed.
   */
  activations?: { bits?: number } | 'float';
  /**
   * Where scales come from: ranges that are observed meanwhile (the default; of activations a moving average with PyTorch's 0.01, of
   * weights those of the step), or gradients, as those of parameters: learned step sizes (Esser et al. 2020).
   */
  scales?: 'observed' | 'learned';
  /** Typical input, from which the ranges of activations begin: some dozens of samples. */
  calibration?: Samples;
  /**
   * Instead of `calibration`: what `quantizeStatic` made of the same model, from which training goes on. Parameters and ranges begin as
   * what its integers stand for, so that what is converted before the first step is that model again, where bits are the same. Weights
   * keep its scales, or learn them; those of other bits are rounded anew. The teacher is the float network.
   */
  from?: Model;
}

export type LossName = 'distillation' | 'crossEntropy' | 'binaryCrossEntropy' | 'meanSquaredError' | 'huber';

/** A loss, which compares the first output with targets; a mean over all that is compared. */
export interface LossOptions {
  /**
   * `distillation`: the divergence (KL) from the distribution that the float network, as it was, makes of the batch; or from logits that
   * are given. `crossEntropy`, `binaryCrossEntropy`: of logits. `huber`: squares up to `delta`, linear beyond.
   */
  name: LossName;
  /** Of `crossEntropy`: 0 (the default) to 1. */
  labelSmoothing?: number;
  /** Of `distillation`: by what both logits are divided. Default 1. */
  temperature?: number;
  /** Of `huber`. Default 1. */
  delta?: number;
  /** Of what `name` says, beside the layers. Default 1. */
  outputWeight?: number;
  /**
   * Names of tensors within the network that are compared with the float network's, as it was: hints (Romero et al. 2015, FitNets). Of
   * each the mean squared difference is added, divided by the mean square of what it is to be, so that layers weigh alike.
   */
  layers?: readonly string[];
  /** Of each layer. Default 1. */
  layerWeight?: number;
}

/** As of `torch.optim`, with its defaults. */
export interface OptimizerOptions {
  name: 'sgd' | 'adam' | 'adamw';
  /** Default 0.001. */
  learningRate?: number;
  /** Of `sgd`. */
  momentum?: number;
  nesterov?: boolean;
  /** Of `adam` and `adamw`. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Of `adam` and `adamw`. Default 1e-8. */
  epsilon?: number;
  /** `sgd`, `adam`: a part of the gradient; `adamw`: decoupled from it. Default 0. */
  weightDecay?: number;
  /** Of learned scales, which are small: times the learning rate. Default 0.01. */
  scaleRate?: number;
  /** What decays: `all` (the default), or `weights`, of two dimensions or more, and neither biases nor scales. */
  decays?: 'all' | 'weights';
}

/** Learning rates, step by step. */
export interface ScheduleOptions {
  /** `cosine`: from the whole rate to 0 over all steps; `step`: times `gamma` after each `stepSize` steps. */
  name: 'constant' | 'cosine' | 'step';
  /** Steps in the beginning in which the rate grows to the whole one. Default 0. */
  warmup?: number;
  /** Of `step`. */
  stepSize?: number;
  /** Of `step`. Default 0.1. */
  gamma?: number;
}

/** How a step learns. */
export interface LearningOptions {
  /** By default `distillation`, or with labels `crossEntropy`. */
  loss?: LossName | LossOptions;
  /** By default `adamw`. */
  optimizer?: OptimizerOptions['name'] | OptimizerOptions;
  /** By default `constant`. */
  schedule?: ScheduleOptions['name'] | ScheduleOptions;
  /** The most that all gradients together may measure (`clip_grad_norm_`). Default 0: any. */
  clipNorm?: number;
}

/** What a network is to answer: the class of each sample, or a tensor, with the samples' axis of batches. */
export type Labels = ArrayLike<number | TensorLike>;

/** Samples, and their labels where there are any. */
export interface LabelledSamples {
  /** Each with an axis of batches in front, along which they are joined. */
  samples: Samples;
  labels?: Labels;
}

/** A batch: samples that are joined already, and what they are to give. */
export interface Batch {
  inputs: Sample;
  /**
   * Classes (int64 [N] or an array of numbers), distributions or what else the loss compares the output with. Without, the float network
   * as it was says what it is to be.
   */
  targets?: TensorLike | readonly number[];
}

export interface EvaluateOptions extends LabelledSamples, CallOptions {
  /** Samples of a run. Default 32. */
  batchSize?: number;
}

/** How well a network does that is trained, as `convert` gives it. */
export interface Evaluation {
  samples: number;
  /** Share of the samples whose largest output is that of their class; with classes as labels. */
  accuracy?: number;
  /** Share of the rows of the first output whose largest element is where the float network, as it was, has it. */
  top1Agreement: number;
  /** Of the first output against the float network's, as it was: 20 log10(|reference| / |difference|), in decibels. */
  sqnrDb: number;
}

export interface FitOptions extends LabelledSamples, LearningOptions, CallOptions {
  /** How often each sample is seen. Default 1. */
  epochs?: number;
  /** Samples of a step. The last batch of an epoch may have fewer. Default 32. */
  batchSize?: number;
  /** What is evaluated meanwhile. */
  validation?: LabelledSamples;
  /** Steps between evaluations; by default one at the end of each epoch. */
  validateEvery?: number;
  /** From which share of the steps on ranges stay as they are. Default 1: never. */
  freezeObservers?: number;
  /** From which share of the steps on BatchNormalization that is `trained` goes by running statistics, which stay. Default 1: never. */
  freezeBatchNormalization?: number;
  /** Of the order of samples, and of what `augment` is given. The same seed gives the same bits. Default 1. */
  seed?: number;
  /** Makes another sample of one, each time that it is seen. `random` gives numbers from 0 to 1, of the seed. */
  augment?: (sample: Sample, random: () => number) => Sample;
}

/** A step that was taken. */
export interface TrainingStep {
  /** From 1 on. */
  step: number;
  /** How many there are. */
  steps: number;
  /** From 1 on. */
  epoch: number;
  /** Of the batch, before the step. */
  loss: number;
  learningRate: number;
  /** How long it took. */
  ms: number;
  /** Of the network as `convert` gives it after this step, now and then. */
  validation?: Evaluation;
}

const prepareOptions = {
  parameters: 'list',
  batchNormalization: 'any',
  file: 'any',
  engine: 'any',
  onProgress: 'function',
  signal: 'signal',
} as const satisfies KnownOptions<PrepareTrainingOptions>;
const qatOptions: KnownOptions<PrepareQatOptions> = {
  ...prepareOptions,
  weights: 'record',
  activations: 'any',
  scales: 'any',
  calibration: 'any',
  from: 'any',
  opTypesToQuantize: 'list',
  nodesToExclude: 'list',
};
const weightOptions: KnownOptions<TrainedWeights> = {
  bits: 'any',
  perChannel: 'any',
  range: 'any',
  blockSize: 'any',
};
const learningOptions = {
  loss: 'any',
  optimizer: 'any',
  schedule: 'any',
  clipNorm: 'any',
} as const satisfies KnownOptions<LearningOptions>;
const fitOptions: KnownOptions<FitOptions> = {
  ...learningOptions,
  samples: 'any',
  labels: 'any',
  epochs: 'any',
  batchSize: 'any',
  validation: 'record',
  validateEvery: 'any',
  freezeObservers: 'any',
  freezeBatchNormalization: 'any',
  seed: 'any',
  augment: 'function',
  signal: 'signal',
};
const evaluateOptions: KnownOptions<EvaluateOptions> = {
  samples: 'any',
  labels: 'any',
  batchSize: 'any',
  signal: 'signal',
};

/** What is trained, in the engine's words, and whether the network is rounded meanwhile. */
export interface Target {
  isRounded: boolean;
  options: NativeTrainingTarget;
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };
/** Without the members that are undefined. */
export const defined = <T extends object>(object: T): Defined<T> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;

/** Whether BatchNormalization is. */
function isTrained(option: PrepareTrainingOptions['batchNormalization'], file: unknown): boolean {
  if (option !== undefined && option !== 'frozen' && option !== 'trained')
    throw new OctavoError('InvalidOption', "option 'batchNormalization' is one of 'frozen', 'trained'");
  if (file !== undefined && !(option === 'trained' && isBytes(file)))
    throw new OctavoError(
      'InvalidOption',
      "option 'file' is a Uint8Array, with batchNormalization: 'trained'",
    );
  return option === 'trained';
}

export function checkPrepareOptions(given: PrepareTrainingOptions | undefined) {
  const checked = checkOptions('prepareTraining', given, prepareOptions);
  const { parameters, batchNormalization, ...others } = checked;
  const options = defined({ parameters, batchStatistics: isTrained(batchNormalization, others.file) });
  const target: Target = { isRounded: false, options };
  return { target, ...others };
}

export function checkQatOptions(given: PrepareQatOptions) {
  const checked = checkOptions('prepareQat', given, qatOptions);
  const { weights, activations, batchNormalization, ...others } = checked;
  const { calibration, from, file, engine, onProgress, signal, ...rest } = others;
  const selected = { ...rest, batchStatistics: isTrained(batchNormalization, file) };
  const { bits, perChannel, range, blockSize } = checkOptions('prepareQat.weights', weights, weightOptions);
  const refuse = (what: string) => new OctavoError('InvalidOption', what);
  if (from && file) throw refuse("option 'from' goes on from integers of a folded network: without 'file'");
  let options: NativeTrainingTarget;
  if (activations === 'float') {
    if (calibration ?? from)
      throw refuse("activations in float have no ranges: neither 'calibration' nor 'from'");
    if (perChannel !== undefined || range !== undefined)
      throw refuse("options 'perChannel' and 'range' are not for activations in float");
    options = defined({ ...selected, bits, blockSize, activations });
  } else {
    if (activations !== undefined && typeof activations !== 'object')
      throw refuse("option 'activations' is an object, or 'float'");
    if ((calibration === undefined) === (from === undefined))
      throw refuse("prepareQat takes either 'calibration' or 'from'");
    if (blockSize !== undefined) throw refuse("option 'blockSize' is for activations in float");
    const ofActivations = checkOptions('prepareQat.activations', activations, { bits: 'any' });
    const activationBits = ofActivations.bits;
    options = defined({ ...selected, weightBits: bits, perChannel, weightRange: range, activationBits });
  }
  return {
    target: { isRounded: true, options } satisfies Target,
    calibration,
    from,
    file,
    engine,
    onProgress,
    signal,
  };
}

export const checkEvaluateOptions = (given: EvaluateOptions) =>
  checkOptions('evaluate', given, evaluateOptions);
export const checkFitOptions = (given: FitOptions) => checkOptions('fit', given, fitOptions);
export const checkLearningOptions = (call: string, given: (LearningOptions & CallOptions) | undefined) =>
  checkOptions(call, given, { ...learningOptions, signal: 'signal' });

const lossMembers: KnownOptions<LossOptions> = {
  name: 'any',
  labelSmoothing: 'any',
  temperature: 'any',
  delta: 'any',
  outputWeight: 'any',
  layers: 'list',
  layerWeight: 'any',
};
const optimizerMembers: KnownOptions<OptimizerOptions> = {
  name: 'any',
  learningRate: 'any',
  momentum: 'any',
  nesterov: 'any',
  betas: 'list',
  epsilon: 'any',
  weightDecay: 'any',
  scaleRate: 'any',
  decays: 'any',
};
const scheduleMembers: KnownOptions<ScheduleOptions> = {
  name: 'any',
  warmup: 'any',
  stepSize: 'any',
  gamma: 'any',
};

/** An option that is a name, or an object with one. */
function named<T extends { name: string }>(
  option: string,
  given: string | T | undefined,
  fallback: T['name'],
  members: KnownOptions<T>,
): T {
  if (given === undefined) return { name: fallback } as T;
  return typeof given === 'string' ? ({ name: given } as T) : checkOptions(option, given, members);
}

/** The learning of a fit, in the engine's words. */
export function toSetup(
  { loss, optimizer, schedule, clipNorm }: LearningOptions,
  hasLabels: boolean,
  steps: number,
): NativeTrainingSetup {
  const byDefault = hasLabels ? 'crossEntropy' : 'distillation';
  const { name: lossName, ...ofLoss } = named('loss', loss, byDefault, lossMembers);
  const { name, betas, decays, ...ofOptimizer } = named('optimizer', optimizer, 'adamw', optimizerMembers);
  const { name: scheduleName, ...ofSchedule } = named('schedule', schedule, 'constant', scheduleMembers);
  if (decays !== undefined && decays !== 'all' && decays !== 'weights')
    throw new OctavoError('InvalidOption', "option 'decays' is one of 'all', 'weights'");
  return defined({
    ...ofLoss,
    ...ofOptimizer,
    ...ofSchedule,
    loss: lossName,
    optimizer: name,
    schedule: scheduleName,
    steps,
    clipNorm,
    beta1: betas?.[0],
    beta2: betas?.[1],
    decayVectors: decays !== 'weights',
  }) as NativeTrainingSetup;
}
