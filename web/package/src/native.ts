// The engine's module as bindings/*.cc export it. A call that fails gives nothing, and takeError what it failed with:
// native_errors.ts makes that an exception.

export type TypedData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** `type` as in onnxruntime-common; bool travels as Uint8Array. */
export interface NativeTensor {
  name: string;
  type: string;
  dims: number[];
  data: TypedData;
  /** The handle of a tensor that the engine has kept: then `data` are empty. */
  kept?: number;
}

/** An output that stays in the heap until it is deleted. */
export interface NativeKeptTensor {
  /** Where it lies, without a name. */
  place(): Place;
  delete(): void;
}

/** What is fed: copied into the heap, or read where it lies there. */
export type NativeFeed = NativeTensor | { name: string; tensor: NativeKeptTensor };

/** A tensor in the heap. */
export interface Place extends HeapRange {
  name: string;
  type: string;
  dims: number[];
}

export interface Binding {
  /** In the order of the feeds. */
  inputs: Place[];
  /** Absent where only a run says how large they are: `execute` gives them. */
  outputs?: Place[];
  /** Whether it serves for other feeds of the same shapes. */
  reusable: boolean;
}

export interface NativeError {
  code: string;
  message: string;
  node?: string;
  op?: string;
}

export interface NativeModule {
  /** To be read anew after every call: memory may have grown. */
  readonly HEAPU8: Uint8Array;
  /** What the call before failed with, once. */
  takeError(): NativeError | undefined;
  stackSave(): number;
  stackRestore(top: number): void;
  beginDownload(): NativeDownload;
  /** `forcedKernels`: pairs of a family and a kernel. */
  makeEngine(forcedKernels: [string, string][]): NativeEngine;
  compareTensors(reference: Float32Array, other: Float32Array): TensorDifference;
  /** Only in modules that train. */
  readTraining?(bytes: Uint8Array): NativeSavedTraining;
  supportedOperators(): SupportedOperator[];
}

/** An operator that a file may have. */
export interface SupportedOperator {
  /** Empty for ONNX's own. */
  domain: string;
  type: string;
  /** The opset of the domain that introduced it. */
  since: number;
}

/** A file that is written into the heap. It grows by need. */
export interface NativeDownload {
  /** Makes room for so many bytes altogether. */
  reserve(bytes: number): void;
  append(chunk: Uint8Array): void;
  /** The files that the downloaded model keeps elements in. */
  externalLocations(): string[];
  /** Another download becomes one of them, by the name that the model calls it. */
  addExternal(file: NativeDownload, location: string): void;
  delete(): void;
}

/** Bytes in the heap. */
export interface HeapRange {
  pointer: number;
  bytes: number;
}

/** What a thread begins with: a place in the module's table, and what to call the function there with. */
export interface NativeThreadStart {
  entry: number;
  arguments: number[];
  /** Address of the word whose highest bit a thread sets that cannot go on: whoever waits for it then stops waiting. */
  alarm: number;
}

export interface NativeEngine {
  /** Only in builds with threads, before the first model is loaded: room for `threads`, the caller included. */
  startThreads?(threads: number, callerMaySleep: boolean): NativeThreadStart[];
  info(): NativeInfo;
  /** Takes the file out of the download in every case, errors included. `initializers` go in the places of the file's. */
  load(download: NativeDownload, initializers: NativeTensor[]): NativeModel;
  delete(): void;
}

export interface NativeInfo {
  build: 'simd' | 'relaxed' | 'scalar';
  /** How `i32x4.relaxed_dot_i8x16_i7x16_add_s` behaves here, as the start-up probe found it. */
  dot: string;
  kernels: KernelChoice[];
  heapBytes: number;
}

/** The kernel that a family uses for one range of activations, and why. */
export interface KernelChoice {
  family: string;
  activations: 'u8' | 'u7' | 'f32';
  kernel: string;
  why: string;
}

export interface NativeModel {
  describe(): ModelDescription;
  layers(): Layer[];
  /** The operators of a build that is to read, quantize and run the model: `cmake/operators.cmake`. */
  neededOperators(): string[];
  setMetadata(key: string, value: string): void;
  /** Makes ready for runs on feeds of these shapes, and says where their tensors lie in the heap until the next `bind`. */
  bind(feeds: NativeFeed[]): Binding;
  /** Runs on what lies in the inputs of the binding. Gives the outputs where the binding does not. */
  execute(): Place[] | undefined;
  /** A copy of an output of the `execute` just before. */
  keep(output: number): NativeKeptTensor;
  /** Runs that continue one another, up to `capacity` tokens in each of `batch` rows. */
  beginSequence(capacity: number, batch: number): NativeSequence;
  quantizeDynamic(options: DynamicOptions): NativeModel;
  quantizeWeights(options: WeightsOptions): NativeModel;
  calibrate(options: StaticOptions): NativeCalibrator;
  calibrateWeights(options: WeightsOptions): NativeCalibrator;
  /** Compiles both models once, for all samples. */
  compareLayers(quantized: NativeModel): NativeLayerComparer;
  /** Only in modules that train. */
  learnRounding?(options: StaticOptions): NativeCalibrator;
  calibrateTraining?(options: NativeTrainingTarget): NativeTrainingCalibrator;
  prepareQatFrom?(quantized: NativeModel, options: NativeTrainingTarget): NativeTrainer;
  prepareTraining?(options: NativeTrainingTarget, isRounded: boolean): NativeTrainer;
  profile(feeds: NativeFeed[], repeats: number): StepTime[];
  /** Where the file lies until `releaseOnnx`. */
  toOnnx(options: FileOptions): HeapRange;
  releaseOnnx(): void;
  delete(): void;
}

/** `bind` and `execute` are those of NativeModel, for inputs and outputs that are not kept. */
export interface NativeSequence extends Pick<NativeModel, 'bind' | 'execute' | 'delete'> {
  /** The names of what is fed and of what comes out. */
  describe(): { inputs: string[]; outputs: string[] };
  /** Tokens so far. */
  length(): number;
  reset(): void;
}

/** A node of the network as it was loaded and simplified. */
export interface Layer {
  name: string;
  op: string;
  /** Of the first output; a dynamic dimension is given by its name, or as `?`. Absent where not even their number is known. */
  dims?: (number | string)[];
  /** Elements of its constants; of those that several nodes read, at each of them. */
  parameters: number;
  /**
   * The least that quantizes it by default: `dynamic`, which static does, too, `dynamic only` (recurrent networks) or
   * `static`; empty where it stays float.
   */
  quantizes: 'dynamic' | 'dynamic only' | 'static' | '';
}

/** One step of the compiled network, which may stand for several nodes of the file. */
export interface StepTime {
  node: string;
  /** The operator that runs: an ONNX name, or `octavo.` and an integer operator's. */
  op: string;
  /** Mean time of a run, in milliseconds. */
  ms: number;
}

/** Of all that static quantization quantizes. */
export interface QuantizedPart {
  /** Names of nodes; without, all. */
  only?: readonly string[];
  /** Names of nodes that stay float. */
  nodesToExclude?: readonly string[];
  /** What of these nodes. */
  part?: 'all' | 'weights' | 'activations';
}

export interface NativeCalibrator {
  observe(feeds: NativeTensor[]): void;
  finish(): NativeModel;
  /** Of static quantization, and as often as wanted. */
  finishPart(subset: QuantizedPart): NativeModel;
  /** The nodes that are quantized by themselves, in order: others go with one of these. */
  layers(): string[];
  /** Only where rounding is learned: ends the calibration. How many layers there are. */
  prepare?(): number;
  /** The same: each once, in order, before `finish`. */
  round?(layer: number): undefined;
  delete(): void;
}

/**
 * What is trained; but for the first three, of a network that is rounded: with `activations`, of which weights alone are.
 */
export interface NativeTrainingTarget
  extends SelectionOptions, Pick<StaticOptions, TrainedOptions>, Pick<WeightsOptions, 'bits' | 'blockSize'> {
  parameters?: readonly string[];
  batchStatistics?: boolean;
  /** In which BatchNormalization is still behind convolutions. */
  file?: Uint8Array;
  scales?: 'observed' | 'learned';
  activations?: 'float';
}
type TrainedOptions = 'perChannel' | 'weightRange' | 'weightBits' | 'activationBits';

/** How. */
export interface NativeTrainingSetup {
  loss: string;
  labelSmoothing?: number;
  temperature?: number;
  delta?: number;
  outputWeight?: number;
  layers?: readonly string[];
  layerWeight?: number;
  optimizer?: string;
  learningRate?: number;
  momentum?: number;
  nesterov?: boolean;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  weightDecay?: number;
  decayVectors?: boolean;
  scaleRate?: number;
  clipNorm?: number;
  schedule?: string;
  /** All of the schedule. */
  steps: number;
  warmup?: number;
  stepSize?: number;
  gamma?: number;
}

export interface NativeTrainingCalibrator extends Pick<NativeCalibrator, 'observe' | 'delete'> {
  finish(): NativeTrainer;
}

export interface NativeSavedTraining {
  note(): string;
  resume(model: NativeModel, options: NativeTrainingTarget, isRounded: boolean): NativeTrainer;
  delete(): void;
}

/** Bytes that a step of a training takes. */
export interface TrainingMemory {
  /** Parameters, what the optimizer keeps of them, and ranges. */
  state: number;
  /** Activations and gradients of a batch. */
  activations: number;
}

/** How an activation or a weight is rounded: the integers stand for (q - zeroPoint) · scale. */
export interface TensorScales {
  /** Of the activation, or of the weight. */
  name: string;
  /** One, or one a channel. */
  scale: Float32Array;
  /** Of a weight 0. */
  zeroPoint: number;
  bits: number;
  /** Along which channels have a scale each; -1: there is one scale. */
  axis: number;
}

/** `targets` are one tensor, or none where the float network is the teacher. */
export interface NativeTrainer {
  parameters(): string[];
  configure(setup: NativeTrainingSetup): void;
  /** `position`: of the step in the schedule. */
  step(
    feeds: NativeTensor[],
    targets: NativeTensor[],
    position: number,
    freezesObservers: boolean,
    freezesBatchNormalization: boolean,
  ): { loss: number; learningRate: number };
  /** Where they lie until `release`. */
  gradients(feeds: NativeTensor[], targets: NativeTensor[]): Place[];
  /** Where the parameters lie until the next call. */
  weights(): Place[];
  scales(): TensorScales[];
  memory(feeds: NativeTensor[], targets: NativeTensor[]): TrainingMemory;
  converted(): NativeModel;
  /** Where the file lies until `release`. */
  save(note: string): HeapRange;
  release(): void;
  delete(): void;
}

export interface NativeLayerComparer {
  compare(feeds: NativeTensor[]): LayerDifference[];
  delete(): void;
}

/** An input or output. */
export interface ValueDescription {
  name: string;
  type: string;
  /** Sizes; a dynamic dimension is given by its name, or as `?`. Absent where not even their number is known. */
  dims?: (number | string)[];
}

/**
 * How large the tensors in a file are, in bytes, by what they are. `float16`: both kinds of 16-bit floats. `int8` and `int4`: with a
 * sign or without. `int32`: what biases of integer products are. `scales`: scales and zero points.
 */
export type TensorBytes = Record<
  'float32' | 'float16' | 'int8' | 'int4' | 'int32' | 'scales' | 'other',
  number
>;

/** What a model is made of. */
export interface ModelDescription {
  opset: number;
  irVersion: number;
  producer: string;
  inputs: ValueDescription[];
  outputs: ValueDescription[];
  /**
   * Initializers that the file lists among its inputs, from IR version 4 on: ONNX's inputs with a default. They are constants,
   * for which the option `initializers` of `loadModel` gives others. A quantized copy has none.
   */
  overridableInitializers: ValueDescription[];
  parameters: number;
  /** Of the file that the model came from; of a quantized copy, of the one that `toOnnx` writes. */
  tensorBytes: TensorBytes;
  /** Multiply-adds of one run with dynamic dimensions taken as 1; -1 where shapes cannot be resolved. */
  macs: number;
  /** How many nodes there are of each operator. */
  operators: Record<string, number>;
  /** What the file says beside the network (`metadata_props`). */
  metadata: Record<string, string>;
  quantization: {
    scheme: 'none' | 'dynamic' | 'static' | 'weight-only';
    integerNodes: number;
    floatNodes: number;
    /** What who asked for this may not expect, for people: of dynamic quantization, that it leaves the convolutions. */
    note?: string;
    /** Nodes that stay float between dequantize and quantize, and why. */
    islands: { node: string; op: string; reason: string }[];
    /**
     * What was done to come closer to float, by the engine that quantized the model: to how many layers, how many others it
     * would not have made better, and, where that is known, by how many dB the products of the former came closer on the
     * calibration data (a mean).
     */
    applied: {
      method: 'gptq' | 'biasCorrection' | 'smoothQuant' | 'equalization';
      layers: number;
      unchanged: number;
      gainDb?: number;
    }[];
  };
}

/** Options of all quantizers, named as in ONNX Runtime. */
export interface SelectionOptions {
  /**
   * Operators to quantize. Dynamic: Gemm, MatMul, LSTM, GRU and RNN by default; Conv and Gather (embeddings) on request.
   * Static: all that have an integer form. Weights: Gemm, MatMul, LSTM, GRU, RNN and Gather by default; Conv on request.
   */
  opTypesToQuantize?: readonly string[];
  /** Names of nodes that stay float. */
  nodesToExclude?: readonly string[];
}

/** Options of the quantizers of weights and activations. */
export interface QuantizeOptions extends SelectionOptions {
  /** One scale per output channel of a weight (the default), or one per tensor. */
  perChannel?: boolean;
  /** 7-bit activations (0..127), PyTorch's reduce_range: faster on PCs without VNNI. Default false. */
  reduceRange?: boolean;
  /** `narrow`, the default: weights in [-127, 127]. `full`: in [-128, 127], as PyTorch. */
  weightRange?: 'narrow' | 'full';
  /**
   * Bits of a weight, 2 to 8 (the default). The range of fewer than 8 is clipped where that makes the error of the weights smaller.
   * A file has int4 for 4 bits, and int8 for others.
   */
  weightBits?: number;
}

export interface DynamicOptions extends QuantizeOptions {
  /** Activations are ranged per row (per token, the default) or per tensor. */
  granularity?: 'row' | 'tensor';
}

export interface StaticOptions extends QuantizeOptions {
  /**
   * Bits of an activation, 2 to 8 (the default). What the network is given keeps 8. A file has uint8 behind a `Clip`, for runtimes
   * that know of no fewer bits.
   */
  activationBits?: number;
  /**
   * How the range of an activation is chosen. As in PyTorch: all values (`minmax`), the average of the samples' ranges
   * (`movingAverage`), what quantizes a histogram with the least error in a search (`histogram`, the default). As in ONNX Runtime:
   * a `percentile` of the values; what keeps most of their distribution (`entropy`, TensorRT's). `mse`: the least squared error, as
   * OCTAV's iteration finds it (Sakr et al. 2022).
   */
  observer?: 'minmax' | 'movingAverage' | 'histogram' | 'percentile' | 'entropy' | 'mse';
  /** Of the `movingAverage` observer. */
  averagingConstant?: number;
  /** Of the histograms of `histogram`, `percentile`, `entropy` and `mse`. Default 2048. */
  bins?: number;
  /** Of the `percentile` observer: how many of the values in a hundred lie in the range, above 0 and at most 100. Default 99.999. */
  percentile?: number;
  /**
   * How weights become integers: `gptq`, the default, lets each make up for what others are rounded by, as far as the
   * calibration data say that it can (GPTQ, Frantar et al. 2022): the same size and speed, and closer to float. `nearest`
   * takes less time and memory while it quantizes. `adaround` learns for each weight whether it goes up or down, layer by
   * layer, from what the layer gives in float (AdaRound, Nagel et al. 2020), in an engine that trains, which is loaded for
   * it: closer still, for few bits before all, in minutes instead of seconds. Biases are then not corrected, and `equalize`
   * and `smoothQuant` are not for it. A layer keeps its input and output of all samples while it is learned.
   */
  rounding?: 'nearest' | 'gptq' | 'adaround';
  /**
   * Adds to biases what the roundings of their weights take from the mean of each output on the calibration data (Nagel et
   * al. 2019; NNCF's fast form). Default true.
   */
  biasCorrection?: boolean;
  /**
   * Moves outliers of single channels from activations behind normalizations into the weights of the products that alone read them
   * (SmoothQuant, Xiao et al. 2022), where that lessens the noise to be expected on the calibration data: for transformers. A number is its
   * exponent, up to 1: how much is moved; `true` is 0.5. Default false.
   */
  smoothQuant?: boolean | number;
  /**
   * Evens out weights of channels between two convolutions (cross-layer equalization, Nagel et al. 2019), where that lessens the noise to
   * be expected on the calibration data: for weights with one scale a tensor, `perChannel: false`. Default false.
   */
  equalize?: boolean;
}

export interface WeightsOptions extends SelectionOptions {
  /** Of a weight, 2 to 8 (the default). A file has int4 for 4 bits and fewer. */
  bits?: number;
  /**
   * How many weights share a scale, of those that one output sums: a number, or all (`channel`, the default). Of an embedding:
   * neighbours in a row, or a row.
   */
  blockSize?: 'channel' | 16 | 32 | 64 | 128;
  /**
   * What weights are multiplied with: floats (the default), or integers of 8 bits, which each row is made while running, as
   * `quantizeDynamic` does. LSTM, GRU and RNN with weights in blocks are multiplied with floats.
   */
  activations?: 'float' | 'dynamic';
  /** Whether 0 stands for 0, the default unless `rounding` is `hqq`; else each scale has a zero point beside it. */
  symmetric?: boolean;
  /**
   * How weights become integers: each to the nearest; with error feedback (`gptq`, as for `quantizeStatic`), which is the default
   * with `calibration`, and needs it; or to the nearest with zero points that make up for it (`hqq`, Badri and Shaji 2023),
   * which needs no data. Zero points are integers, as ONNX has them, which costs a part of what HQQ gains. Embeddings are rounded
   * to the nearest, or as `hqq` does.
   */
  rounding?: 'nearest' | 'gptq' | 'hqq';
}

/** How a file is written. */
export interface FileOptions {
  /**
   * What stands for weights of 4 bits in blocks: ONNX's `DequantizeLinear` of int4 (the default, since opset 21), or, for products,
   * `MatMulNBits`, ONNX Runtime's own operator, for which it has kernels.
   */
  weights?: 'dequantizeLinear' | 'matMulNBits';
  /**
   * How weights that stay float are kept: `float32` (the default), or, for half the size, as `float16` behind a `Cast`, rounded to the
   * nearest. They are float32 again once the file is loaded, so that it runs as fast. Tensors of fewer than 256 elements stay as they
   * are, as do scales, and numbers that are too large or, all in all, too small for float16.
   */
  storage?: 'float32' | 'float16';
}

/** How far a tensor is from its reference. */
export interface TensorDifference {
  cosine: number;
  /** Signal to quantization noise, 20 log10(|reference| / |reference - other|), in decibels; Infinity when equal. */
  sqnrDb: number;
  maxAbs: number;
}

/** How the elements of a layer's result lie, float and quantized. */
export interface LayerDistribution {
  /** The smallest and the largest, of all samples. */
  range: [number, number];
  quantizedRange: [number, number];
  /** Share of the float elements beyond the range of the quantized ones, by more than half a step of 8 bits; a mean over the samples. */
  clipped: number;
  /** Of the first sample: how many elements lie in each of 32 equal parts of its float range. */
  counts: number[];
  quantizedCounts: number[];
}

export interface LayerDifference extends TensorDifference {
  name: string;
  op: string;
  /** Unless there is NaN. */
  distribution?: LayerDistribution;
}
