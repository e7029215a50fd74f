// Options and reports of the public API.
import type {
  KernelChoice,
  DynamicOptions,
  FileOptions,
  LayerDistribution,
  StaticOptions,
  TensorBytes,
  WeightsOptions,
} from './native.js';
import type { QuantizationTarget } from './quantization_options.js';
import type { ModelState } from './state.js';
import type { Feeds, TensorLike } from './tensor.js';

/** The builds that the package ships. A .wasm with an instruction that the browser lacks does not even validate. */
export type Build = 'simd' | 'relaxed';

/** How far a long call has come. */
export interface Progress {
  phase: 'download' | 'parse' | 'calibrate' | 'quantize' | 'compile' | 'compare';
  /** Bytes for `download`, samples for `calibrate` and `compare`, else 0 and then 1. */
  loaded: number;
  /** What `loaded` will be in the end; undefined while unknown. */
  total: number | undefined;
}

/** What every call that may take long accepts. */
export interface CallOptions {
  /** Ends the call: it then throws the signal's reason, and what it had built is freed. */
  signal?: AbortSignal;
}

export interface RunOptions extends CallOptions {
  /**
   * Tensors that outputs of these names are written into, instead of new ones: a loop over frames then allocates nothing. Type
   * and number of elements are those of the output; the result has the output's shape.
   */
  outputs?: Feeds;
  /** @internal Outputs that stay in the engine: each a `KeptOutput`, which whoever asked for it frees. */
  keep?: readonly string[];
  /** What `createState` of the same model gives: the run continues it. */
  state?: ModelState;
}

export interface CreateStateOptions extends CallOptions {
  /** The most tokens that the state holds, those of all prompts and answers. A run beyond it is an `InvalidInput` error. */
  capacity: number;
  /** Rows of each run. Default 1. */
  batch?: number;
}

export interface ProfileOptions extends CallOptions {
  /** Runs to average over. Default 20. */
  repeats?: number;
}

export interface LongCallOptions extends CallOptions {
  onProgress?: (progress: Progress) => void;
}

export interface EngineOptions {
  /** Which build to load; `auto`, the default, takes the best that runs here. */
  build?: Build | 'auto';
  /**
   * How many threads compute, the engine's own included. `auto`, the default: as many as there are cores, but no more than
   * 4. A page that is not cross-origin isolated has one; `EngineInfo.threadsWhy` tells. The answers are the same bits.
   */
  threads?: number | 'auto';
  /**
   * Whether the engine lives in a worker: by default in browsers, where it runs in the page if no worker can start. In Node it
   * is in the process by default: a run then keeps events waiting.
   */
  worker?: boolean;
  /**
   * An engine that trains, too: half as much again to download. `prepareQat` and `prepareTraining` start one by themselves where
   * the model lives in another. Default false.
   */
  training?: boolean;
  /** Kernel by family, instead of the choice of the start-up probe. For tests and benchmarks. */
  forcedKernels?: Record<string, string>;
  /** Where the .wasm files are, when not beside the package's modules: a folder (with a final slash) or the file. */
  wasmUrl?: string | URL;
  /** Browsers: where the workers' scripts are, when not beside the package's modules: a folder (with a final slash) or the file. */
  workerUrl?: string | URL;
  /**
   * The most bytes that the engine's memory may grow to: weights, activations and all. What does not fit is an
   * `OutOfMemory` error, and the engine goes on. By default up to the 4 GB that WebAssembly reaches.
   */
  memoryLimit?: number;
  /** Is told the name of each model that was garbage-collected without `dispose`. The engine frees it then. */
  onLeak?: (modelName: string) => void;
}

/** What runs, and why. */
export interface EngineInfo {
  build: Build | 'scalar';
  /** Why this build. */
  why: string;
  /** How many threads compute. */
  threads: number;
  /** Why so many. */
  threadsWhy: string;
  /** Whether it trains. */
  training: boolean;
  /** How the relaxed dot product behaves on this CPU and JavaScript engine, as the start-up probe found it. */
  dot: string;
  kernels: KernelChoice[];
  /** Whether the engine runs in a worker. */
  worker: boolean;
  /** Why it does or does not. */
  workerWhy: string;
}

/** One sample: feeds by input name, or the one tensor of a model with one input. */
export type Sample = Feeds | TensorLike;
/** Samples as they are at hand; those of an (async) generator are read one at a time and never kept. */
export type Samples = Iterable<Sample> | AsyncIterable<Sample>;

export interface QuantizeDynamicOptions extends DynamicOptions, LongCallOptions {
  target?: QuantizationTarget;
  /** What `target: 'speed'` measures with. */
  sample?: Sample;
}

export interface QuantizeStaticOptions extends StaticOptions, LongCallOptions {
  /** `speed` measures with the first sample. */
  target?: QuantizationTarget;
  /** Typical input, from which the ranges of activations are learnt. */
  calibration: Samples;
}

export interface QuantizeWeightsOptions extends WeightsOptions, LongCallOptions {
  /** Typical input, for `rounding: 'gptq'`. */
  calibration?: Samples;
}

export interface ToOnnxOptions extends FileOptions, CallOptions {}

export interface CompareOptions extends LongCallOptions {
  /** Timed runs of each model for each sample, float and quantized taking turns. Default 5. */
  repeats?: number;
  /** Compare the outputs of the layers too. Default false. */
  layers?: boolean;
}

/** Size and time of one of two compared models. */
export interface ModelFigures {
  /** Bytes of the ONNX file. */
  bytes: number;
  /** Of which these are tensors. */
  tensorBytes: TensorBytes;
  /** Median time of a run, in milliseconds. */
  ms: number;
  msBest: number;
  /** First and third quartile: the spread. */
  msQuartiles: [number, number];
}

/** Mean over the samples, and the worst of them. */
export interface Agreement {
  name: string;
  /** Mean cosine similarity. */
  cosine: number;
  cosineWorst: number;
  /** Mean signal-to-quantization-noise ratio in decibels; Infinity (null in JSON) when one is equal. */
  sqnrDb: number;
  sqnrDbWorst: number;
  /** Largest absolute difference. */
  maxAbs: number;
}

export interface CompareReport {
  samples: number;
  float: ModelFigures;
  quantized: ModelFigures;
  /** How many times as fast the quantized model is, by medians. */
  speedup: number;
  /** Bytes of the quantized file over those of the float file. */
  sizeRatio: number;
  outputs: Agreement[];
  /** Share of the rows of the first output whose largest element is in the same place; undefined if there are none. */
  top1Agreement: number | undefined;
  /** The float model's layers in order, if asked for; `name` is that of the tensor that each makes. */
  layers?: (Agreement & { op: string; distribution?: LayerDistribution })[];
}
