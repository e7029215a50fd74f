// Options and reports of what measures: scores, sensitivities, accuracy control, advice.
import { longCallOptions, type KnownOptions } from '../check_options.js';
import type { Model } from '../model.js';
import type { StaticOptions } from '../native.js';
import type { LongCallOptions, Sample, Samples } from '../options.js';
import { knownOptions } from '../quantization_options.js';
import type { Tensor } from '../tensor.js';

/** What one sample is worth: a number, or one that stands for many answers, such as the wrong ones of so many letters. */
export type SampleScore = number | { value: number; weight: number };

/** Judges the outputs of a sample, the i-th. The more the better. */
export type Scorer = (
  outputs: Record<string, Tensor>,
  sample: Sample,
  i: number,
) => SampleScore | Promise<SampleScore>;

/** How well a network answers: by classes, or by a function of one's own. */
export interface Judgement {
  /** The class of each sample: of each row, where samples have several. */
  labels?: ArrayLike<number>;
  /** With `labels`: the class is among so many largest elements of the first output. Default 1. */
  topK?: number;
  /**
   * With `labels`: `classification`, the default, or `retrieval`: the first output is a vector, and the share counts of samples whose
   * nearest other one, by the angle between both, has the same label.
   */
  task?: 'classification' | 'retrieval';
  /** Instead of `labels`. */
  score?: Scorer;
}

export interface ScoreOptions extends Judgement, LongCallOptions {}

/** A score, and where it is likely to be for other samples of the same kind. */
export interface ScoreReport {
  samples: number;
  /** A share of right answers, or the mean of what `score` gives. */
  score: number;
  /** That holds the score with a probability of 95 %: Wilson's interval of a share, or the normal one of a mean. */
  interval: [number, number];
}

/** How near the first output is to the float network's, as means over the samples. */
export interface OutputAgreement {
  /** Mean signal-to-quantization-noise ratio in decibels; Infinity where one is equal. */
  sqnrDb: number;
  /** Mean cosine similarity. */
  cosine: number;
  /** Share of the rows whose largest element is in the same place; undefined where rows have but one. */
  top1Agreement: number | undefined;
  /** Mean divergence (Kullback and Leibler's, in nats) of the distributions that Softmax makes of the rows; likewise. */
  divergence: number | undefined;
}

export type Metric = 'sqnrDb' | 'cosine' | 'top1Agreement' | 'score';

export interface SensitivityOptions extends StaticOptions, LongCallOptions {
  /** Typical input, from which ranges are learnt. */
  calibration: Samples;
  /** What is compared: some dozens of samples, which are kept in memory. */
  samples: Samples;
  /** Quantize weights and activations of each layer by themselves, too: three runs a layer and not one. Default false. */
  apart?: boolean;
  /** Quantize all but the layer, too: one more run a layer. Default false. */
  without?: boolean;
}

/** What a layer takes from the network's output, and what it gives. */
export interface LayerSensitivity {
  node: string;
  op: string;
  /** Of the network with this layer alone quantized. */
  alone: OutputAgreement;
  /** With its weights alone quantized, or with what it is given and makes; if asked for. */
  weights?: OutputAgreement;
  activations?: OutputAgreement;
  /** Of the network that is quantized but for this layer; if asked for. */
  without?: OutputAgreement;
  /** Milliseconds of a run that the quantized layer takes less, or, negative, more. 0 where it is one step with others. */
  savedMs: number;
  /** By how much less the file is. */
  savedBytes: number;
}

export interface SensitivityReport {
  samples: number;
  /** Of the network that is quantized as a whole. */
  quantized: OutputAgreement;
  /** The most sensitive first. */
  layers: LayerSensitivity[];
}

export interface AccuracyControlOptions extends StaticOptions, Judgement, LongCallOptions {
  /** Typical input, from which ranges are learnt. */
  calibration: Samples;
  /** What the network is measured with, which is kept in memory. */
  samples: Samples;
  /** What is to be reached: by default `score` where there are labels or a function, else `sqnrDb`. */
  metric?: Metric;
  /** The least that is enough of the metric. */
  atLeast?: number;
  /** Instead of `atLeast`, of `score`: by how much it may fall from the float network's. Default 0.01. */
  maxDrop?: number;
  /** By how many samples layers are ranked: those which quantization is hardest on. Default 100. */
  hardest?: number;
}

export interface AccuracyControlReport {
  /** The best that was found, also where it is not enough. */
  model: Model;
  /** Whether it is enough. */
  reached: boolean;
  metric: Metric;
  atLeast: number;
  /** Of the float network, of the one that is quantized as a whole, and of `model`. */
  float: number;
  quantized: number;
  value: number;
  /** Whether weights have a scale a channel, which they were not asked to have. */
  perChannel: boolean;
  /** The nodes that stay float, in the order in which they went back. */
  reverted: string[];
  /** Each network that was measured on the way. */
  steps: { reverts: string; value: number; kept: boolean }[];
}

export interface AdviseOptions extends Judgement, LongCallOptions {
  /** Typical input, for methods that learn ranges from it. Without, those are not tried. */
  calibration?: Samples;
  /** What is measured, which is kept in memory: some dozens of samples, others than those of `calibration`. */
  samples: Samples;
  /** By how much the score may fall, or, without one, the metric from 1. Default 0.01. */
  maxDrop?: number;
  /**
   * Without labels or score: how many answers are the float network's (`top1Agreement`, the default where rows have several elements),
   * or how much the output is alike (`cosine`): for networks whose output is a vector.
   */
  metric?: 'top1Agreement' | 'cosine';
  /** What counts most: `balance`, the default, of size and time. */
  target?: 'balance' | 'speed' | 'size' | 'accuracy';
  /** No method whose file is larger. */
  maxBytes?: number;
  /** No method whose run takes longer, here. */
  maxMs?: number;
  /** Timed runs of each method for each sample, in turns with the float network. Default 3. */
  repeats?: number;
}

/** How a network was quantized: the call, and its options beside the samples. */
export interface AdvisedMethod {
  /** In words. */
  name: string;
  call: 'none' | 'quantizeDynamic' | 'quantizeStatic' | 'quantizeWeights' | 'quantizeWithAccuracyControl';
  options: Record<string, unknown>;
}

export interface MeasuredMethod extends AdvisedMethod {
  /** Of the file. */
  bytes: number;
  /**
   * The memory of an engine that has loaded nothing but its file, and run it once: what a page pays for it. Absent where there is
   * no room for a second engine.
   */
  heapBytes?: number;
  /** Median and least time of a run here, in milliseconds. */
  ms: number;
  msBest: number;
  /** Runs of the float network, in turns with these, over these, by medians. */
  speedup: number;
  agreement: OutputAgreement;
  /** With labels or a function of one's own. */
  score?: ScoreReport;
  /** Whether it keeps to `maxDrop`, `maxBytes`, `maxMs`, and is no slower than float. */
  fits: boolean;
  /**
   * Whether no other method is better in one of size, time and agreement (or score), and as good in the others: of the Pareto front.
   * Sizes that differ by 1 % and times that differ by 5 % are as good.
   */
  onFront: boolean;
}

export interface AdviceReport {
  samples: number;
  /** What kind of network it is, which says what is tried. */
  network: 'convolutional' | 'recurrent' | 'transformer' | 'other';
  /** The float network first. */
  methods: MeasuredMethod[];
  /** The place in `methods` of the one to take. */
  recommended: number;
  /** Why, in a sentence or two. */
  reason: string;
  /** What was not tried or did not work, and why. */
  skipped: { name: string; why: string }[];
  /** A model that is quantized so, as it was measured, by default the recommended one; of `none` the float model itself. */
  apply(method?: number, options?: LongCallOptions): Promise<Model>;
}

/** `maxDrop` by default. */
export const usualDrop = 0.01;

export const judgement = {
  labels: 'any',
  topK: 'any',
  task: 'any',
  score: 'function',
} as const satisfies KnownOptions<Judgement>;

export const scoreOptions: KnownOptions<ScoreOptions> = { ...judgement, ...longCallOptions };

const measured = {
  ...longCallOptions,
  ...knownOptions<StaticOptions>('static'),
  calibration: 'any',
  samples: 'any',
} as const;

export const sensitivityOptions: KnownOptions<SensitivityOptions> = {
  ...measured,
  apart: 'boolean',
  without: 'boolean',
};

export const accuracyControlOptions: KnownOptions<AccuracyControlOptions> = {
  ...measured,
  ...judgement,
  metric: 'any',
  atLeast: 'any',
  maxDrop: 'any',
  hardest: 'any',
};

export const adviseOptions: KnownOptions<AdviseOptions> = {
  ...longCallOptions,
  ...judgement,
  calibration: 'any',
  samples: 'any',
  maxDrop: 'any',
  metric: 'any',
  target: 'any',
  maxBytes: 'any',
  maxMs: 'any',
  repeats: 'any',
};
