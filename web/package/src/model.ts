// Models: load, run, quantize, write.
import {
  callOptions,
  checkCount,
  checkOptions,
  longCallOptions,
  type KnownOptions,
} from './check_options.js';
import { defaultEngine, Engine } from './engine.js';
import { OctavoError } from './error.js';
import { checkExternalData, externalSource, type ExternalData } from './external_data.js';
import type { ExternalDownload, Handle } from './host.js';
import type {
  DynamicOptions,
  Layer,
  ModelDescription,
  NativeTensor,
  StaticOptions,
  StepTime,
  ValueDescription,
  WeightsOptions,
} from './native.js';
import type {
  CallOptions,
  CreateStateOptions,
  LongCallOptions,
  ProfileOptions,
  QuantizeDynamicOptions,
  QuantizeStaticOptions,
  QuantizeWeightsOptions,
  RunOptions,
  Sample,
  Samples,
  ToOnnxOptions,
} from './options.js';
import { knownOptions } from './quantization_options.js';
import { beginningOf, whatElse } from './not_onnx.js';
import { handOver, nextTask } from './rpc.js';
import { ModelState } from './state.js';
import { measures } from './advise/load.js';
import type { AccuracyControlOptions, AccuracyControlReport } from './advise/options.js';
import type { PrepareQatOptions, PrepareTrainingOptions, ResumeOptions } from './train/options.js';
import type { Trainer } from './train/trainer.js';
import { openSource, type ModelSource, type Source } from './source.js';
import {
  bytesOf,
  copyOutputs,
  fromNativeTensors,
  isTypedArray,
  toNativeTensors,
  toOutputArrays,
  type Feeds,
  type Tensor,
} from './tensor.js';

const runOptions: KnownOptions<RunOptions> = { ...callOptions, outputs: 'any', state: 'any', keep: 'list' };
const stateOptions: KnownOptions<CreateStateOptions> = { ...callOptions, capacity: 'any', batch: 'any' };
const profileOptions: KnownOptions<ProfileOptions> = { ...callOptions, repeats: 'any' };
const loadOptions: KnownOptions<LoadOptions> = {
  ...longCallOptions,
  engine: 'any',
  cache: 'boolean',
  externalData: 'any',
  initializers: 'record',
};
const dynamicOptions: KnownOptions<QuantizeDynamicOptions> = {
  ...longCallOptions,
  target: 'any',
  sample: 'any',
  ...knownOptions<DynamicOptions>('dynamic'),
};
const staticOptions: KnownOptions<QuantizeStaticOptions> = {
  ...longCallOptions,
  calibration: 'any',
  target: 'any',
  ...knownOptions<StaticOptions>('static'),
};
const toOnnxOptions: KnownOptions<ToOnnxOptions> = { ...callOptions, weights: 'any', storage: 'any' };
const weightsOptions: KnownOptions<QuantizeWeightsOptions> = {
  ...longCallOptions,
  calibration: 'any',
  ...knownOptions<WeightsOptions>('weights'),
};

/** Who trains downloads what that takes. */
const training = () => import('./train/prepare.js');

/** Who is told of a long call, and who ends it. */
export interface Watching {
  onProgress: LongCallOptions['onProgress'] | undefined;
  signal: AbortSignal | undefined;
}

/** @internal A model of which others are made: trained, or quantized in parts. */
export interface Origin {
  model: Model;
  /** Has a calibrator of that engine see each of the samples. */
  observe: (engine: Engine, calibrator: Handle, samples: Samples, watching: Watching) => Promise<Sample>;
  /** The model that `make` puts where the handle is, in the engine of this one. */
  derive: (target: Handle, make: () => Promise<ModelDescription>) => Promise<Model>;
}

/** A model in an engine's memory, float or quantized. Dispose of it when done: its memory is not the page's. */
export class Model {
  /** Where it came from, for messages. */
  readonly name: string;
  readonly engine: Engine;
  readonly #description: ModelDescription;
  readonly #states = new WeakSet<ModelState>();
  #handle: Handle | undefined;

  /** @internal Use `loadModel`. */
  constructor(engine: Engine, handle: Handle, name: string, description: ModelDescription) {
    this.engine = engine;
    this.name = name;
    this.#handle = handle;
    this.#description = description;
    engine.track(this, handle, name);
  }

  get inputs(): readonly ValueDescription[] {
    return this.#description.inputs;
  }

  get outputs(): readonly ValueDescription[] {
    return this.#description.outputs;
  }

  /** What the model is made of: opset, inputs, outputs, parameters, operators, quantization. */
  describe(): ModelDescription {
    return structuredClone(this.#description);
  }

  /** The nodes in the order in which they run: what each makes, how large it is, what would quantize it. */
  layers(options?: CallOptions): Promise<Layer[]> {
    const { signal } = checkOptions('layers', options, callOptions);
    return this.engine.call('layers', [this.handle], signal);
  }

  /**
   * Notes something in the file's metadata (`describe().metadata`, ONNX's `metadata_props`): `toOnnx` writes it, and copies
   * that are quantized later have it, too.
   * @throws OctavoError `Disposed`
   */
  async setMetadata(key: string, value: string): Promise<void> {
    await this.engine.call('setMetadata', [this.handle, String(key), String(value)]);
    const { metadata } = this.#description;
    this.#description.metadata = Object.fromEntries([...Object.entries(metadata), [key, String(value)]]);
  }

  /**
   * Runs the model once. The feeds have been read before it returns its promise; `outputs` are written when it is done.
   * @param sample feeds by input name, or the one tensor of a model with one input
   * @throws OctavoError `InvalidInput` for a wrong name, type or shape, `InvalidOption`, `Disposed`; the signal's reason
   */
  async run(sample: Sample, options?: RunOptions): Promise<Record<string, Tensor>> {
    const { signal, outputs, state, keep } = checkOptions('run', options, runOptions);
    signal?.throwIfAborted();
    if (state !== undefined && !(state instanceof ModelState && this.#states.has(state)))
      throw new OctavoError('InvalidOption', "option 'state' of run is what the model's createState gives");
    const described = state ?? this;
    const arrays = outputs && toOutputArrays(outputs, described.outputs);
    const feeds = this.#feedsForNow(sample, described.inputs);
    // Messages to a worker carry copies: from there outputs come in arrays of their own.
    const { worker } = this.engine.info;
    const given = worker ? undefined : arrays;
    const kept = keep?.map((name): [string, number] => [name, this.engine.newHandle()]);
    const made = await (
      state
        ? state.run(feeds, given, signal)
        : this.engine.call('run', [this.handle, feeds, given, kept], signal)
    ).catch((error: unknown) => {
      // Of several some may have found room.
      kept?.forEach(([, handle]) => this.engine.release(handle));
      throw error;
    });
    if (!worker || !arrays) return fromNativeTensors(made);
    const copied = copyOutputs(
      made.map((output) => ({ ...output, bytes: bytesOf(output.data) })),
      arrays,
    );
    return fromNativeTensors(made.map((output, i) => ({ ...output, data: copied[i] })));
  }

  /**
   * Room for a text of `capacity` tokens: what a decoder keeps between runs. Inputs that are a past (`past_key_values.0.key`)
   * and outputs that they become (`present.0.key`) are kept in place from then on, in each run with the option `state`, and a
   * mask over past and new tokens counts them all. The states of a model share its weights; they live on without it.
   * @throws OctavoError `Unsupported` for a network without caches, or that uses them in a way that is not understood, with
   *   the node that does; `InvalidOption`, `Disposed`; the signal's reason
   */
  async createState(options: CreateStateOptions): Promise<ModelState> {
    const { capacity, batch = 1, signal } = checkOptions('createState', options, stateOptions);
    signal?.throwIfAborted();
    checkCount('capacity', capacity);
    checkCount('batch', batch);
    const target = this.engine.newHandle();
    try {
      const args: [Handle, Handle, number, number] = [this.handle, target, capacity, batch];
      const { inputs, outputs } = await this.engine.call('createState', args, signal);
      const left = {
        inputs: this.inputs.filter(({ name }) => inputs.includes(name)),
        outputs: this.outputs.filter(({ name }) => outputs.includes(name)),
      };
      const state = new ModelState(this.engine, target, this.name, { capacity, batch }, left);
      this.#states.add(state);
      return state;
    } catch (error) {
      this.engine.release(target);
      throw error;
    }
  }

  /**
   * Runs the model `repeats` times and says where the time goes, step by step.
   * @throws OctavoError as `run` does
   */
  async profile(sample: Sample, options?: ProfileOptions): Promise<StepTime[]> {
    const { repeats = 20, signal } = checkOptions('profile', options, profileOptions);
    signal?.throwIfAborted();
    checkCount('repeats', repeats);
    return this.engine.call('profile', [this.handle, this.#feedsForNow(sample), repeats], signal);
  }

  /**
   * An int8 copy whose activations are ranged while it runs. Named and meant as ONNX Runtime's `quantize_dynamic` and
   * PyTorch's `quantize_dynamic`. Of a convolutional network little changes: `describe().quantization.note` says so then.
   * @throws OctavoError `InvalidOption`, `Disposed`; the signal's reason
   */
  async quantizeDynamic(options?: QuantizeDynamicOptions): Promise<Model> {
    const { target: purpose, ...checked } = checkOptions('quantizeDynamic', options, dynamicOptions);
    const { onProgress, signal, sample, ...nativeOptions } = checked;
    signal?.throwIfAborted();
    if (purpose !== undefined) return (await measures()).quantizeDynamicFor(this, purpose, checked);
    if (sample !== undefined)
      throw new OctavoError('InvalidOption', "option 'sample' is for 'target': 'speed'");
    return this.#quantized(onProgress, async (target) => {
      const made = await this.engine.call('quantizeDynamic', [this.handle, target, nativeOptions], signal);
      const { integerNodes, floatNodes } = made.quantization;
      if (!nativeOptions.opTypesToQuantize && (this.#description.operators.Conv ?? 0) > integerNodes)
        made.quantization.note =
          `${floatNodes} of ${integerNodes + floatNodes} nodes stay float: ` +
          'quantizeStatic is for convolutional networks';
      return made;
    });
  }

  /**
   * An int8 copy whose activations are ranged beforehand, from typical input. Named and meant as ONNX Runtime's
   * `quantize_static`. Each sample is observed and let go.
   * @throws OctavoError `InvalidOption`, `InvalidInput`, `InvalidData` (no sample, NaN, infinity), `Disposed`; the
   *   signal's reason; whatever the calibration iterable throws
   */
  async quantizeStatic(options: QuantizeStaticOptions): Promise<Model> {
    const checked = checkOptions('quantizeStatic', options, staticOptions);
    const { target, ...rest } = checked;
    if (target !== undefined) return (await measures()).quantizeStaticFor(this, target, rest);
    if (rest.rounding === 'adaround') return (await training()).quantizeAdaRound(this.origin, rest);
    const { calibration, onProgress, signal, ...nativeOptions } = rest;
    return this.#calibrated(calibration, { onProgress, signal }, (calibrator) =>
      this.engine.call('beginCalibration', [this.handle, calibrator, 'static', nativeOptions], signal),
    );
  }

  /**
   * Quantizes as `quantizeStatic` does, measures, and leaves as many layers in float as it takes to be accurate enough: those that the
   * network gains most from on its hardest samples (NNCF's `quantize_with_accuracy_control`). The network in the report is the best
   * that was found, whether or not it is enough. It runs the network some two times for each layer and sample.
   * @throws OctavoError `InvalidOption`, `InvalidInput`, `InvalidData`, `Disposed`; the signal's reason; what `score` throws
   */
  async quantizeWithAccuracyControl(options: AccuracyControlOptions): Promise<AccuracyControlReport> {
    return (await measures()).quantizeWithAccuracyControl(this, options);
  }

  /**
   * A copy whose weights are integers of 8 or fewer bits, and whose activations are floats: what makes the file a quarter or an eighth
   * of its size. In the file they stand behind a `DequantizeLinear`, those of up to 4 bits as ONNX's int4.
   * @throws OctavoError `InvalidOption`, as for `rounding: 'gptq'` without `calibration`; `InvalidData`, `Disposed`; the
   *   signal's reason; whatever the calibration iterable throws
   */
  async quantizeWeights(options?: QuantizeWeightsOptions): Promise<Model> {
    const checked = checkOptions('quantizeWeights', options, weightsOptions);
    const { calibration, onProgress, signal, ...given } = checked;
    const nativeOptions = { ...given, rounding: given.rounding ?? (calibration ? 'gptq' : 'nearest') };
    signal?.throwIfAborted();
    if (!calibration)
      return this.#quantized(onProgress, (target) =>
        this.engine.call('quantizeWeights', [this.handle, target, nativeOptions], signal),
      );
    if (nativeOptions.rounding !== 'gptq')
      throw new OctavoError('InvalidOption', "option 'calibration' is for rounding 'gptq'");
    return this.#calibrated(calibration, { onProgress, signal }, (calibrator) =>
      this.engine.call('beginCalibration', [this.handle, calibrator, 'weights', nativeOptions], signal),
    );
  }

  /**
   * Begins quantization-aware training: the network is trained rounded as it will be once it is quantized, by straight-through gradients
   * (as PyTorch's `prepare_qat`). The model stays as it is; an engine that trains is loaded for it.
   * @throws OctavoError `InvalidOption`; `Unsupported` for a network with nothing to quantize or to train; `InvalidInput`, `InvalidData`
   *   of the calibration; `EngineStart`, `OutOfMemory`, `Disposed`; the signal's reason
   */
  async prepareQat(options: PrepareQatOptions): Promise<Trainer> {
    return (await training()).prepareQat(this.origin, options);
  }

  /**
   * Begins training in float: fine-tuning.
   * @throws OctavoError `InvalidOption`; `Unsupported` for a network with nothing to train; `EngineStart`, `OutOfMemory`, `Disposed`;
   *   the signal's reason
   */
  async prepareTraining(options?: PrepareTrainingOptions): Promise<Trainer> {
    return (await training()).prepareTraining(this.origin, options);
  }

  /**
   * Takes up a training of `prepareQat` that was saved, of this very model.
   * @param bytes what `save` gave
   * @throws OctavoError `InvalidInput` for bytes of something else, or of another model; as `prepareQat` does
   */
  async resumeQat(bytes: Uint8Array, options?: ResumeOptions): Promise<Trainer> {
    return (await training()).resume(this.origin, 'resumeQat', bytes, options);
  }

  /** The same for a training of `prepareTraining`. */
  async resumeTraining(bytes: Uint8Array, options?: ResumeOptions): Promise<Trainer> {
    return (await training()).resume(this.origin, 'resumeTraining', bytes, options);
  }

  /** @internal What makes others of this model. */
  get origin(): Origin {
    return { model: this, observe: this.#observe.bind(this), derive: this.#derive.bind(this) };
  }

  /**
   * The model as an ONNX file; a quantized one in QDQ form, as ONNX Runtime reads it.
   * @throws OctavoError `InvalidOption`, `Unsupported` for more than 2 GiB, `Disposed`; the signal's reason
   */
  async toOnnx(options?: ToOnnxOptions): Promise<Uint8Array<ArrayBuffer>> {
    const { signal, ...form } = checkOptions('toOnnx', options, toOnnxOptions);
    return this.engine.call('toOnnx', [this.handle, form], signal);
  }

  /** Frees the model's memory. Doing so again is no error; using it afterwards is one of code `Disposed`. */
  dispose(): void {
    if (this.#handle === undefined) return;
    this.engine.untrack(this);
    this.engine.release(this.#handle);
    this.#handle = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  get handle(): Handle {
    if (this.#handle === undefined) throw new OctavoError('Disposed', `the model ${this.name} was disposed`);
    return this.#handle;
  }

  /** @internal Copies, for any number of calls. */
  toFeeds(sample: Sample): NativeTensor[] {
    return toNativeTensors(sample, this.inputs, 'copies');
  }

  /** For one call that is made at once. Copies only where the engine reads them later. */
  #feedsForNow(sample: Sample, inputs = this.inputs, engine = this.engine): NativeTensor[] {
    const later = engine.info.worker || !engine.idle;
    return later
      ? handOver(toNativeTensors(sample, inputs, 'copies'))
      : toNativeTensors(sample, inputs, 'views');
  }

  /** Quantized by `quantize`, which makes what the handle stands for. */
  #quantized(
    onProgress: LongCallOptions['onProgress'] | undefined,
    quantize: (target: Handle) => Promise<ModelDescription>,
  ): Promise<Model> {
    const target = this.engine.newHandle();
    onProgress?.({ phase: 'quantize', loaded: 0, total: 1 });
    return this.#derive(target, async () => {
      const description = await quantize(target);
      onProgress?.({ phase: 'quantize', loaded: 1, total: 1 });
      return description;
    });
  }

  /** Has a calibrator see each of the samples, and gives the first. */
  async #observe(
    engine: Engine,
    calibrator: Handle,
    calibration: Samples,
    { onProgress, signal }: Watching,
  ): Promise<Sample> {
    const total = countOf(calibration);
    let loaded = 0;
    let first: Sample | undefined;
    onProgress?.({ phase: 'calibrate', loaded, total });
    for await (const sample of calibration) {
      signal?.throwIfAborted();
      await engine.call('observe', [calibrator, this.#feedsForNow(sample, this.inputs, engine)], signal);
      first ??= sample;
      ++loaded;
      onProgress?.({ phase: 'calibrate', loaded, total });
      await nextTask();
    }
    signal?.throwIfAborted();
    if (first === undefined) throw new OctavoError('InvalidData', 'there is no calibration data');
    return first;
  }

  /** Quantized by what a calibrator sees of the samples. */
  async #calibrated(
    calibration: Samples,
    { onProgress, signal }: Watching,
    begin: (calibrator: Handle) => Promise<void>,
  ): Promise<Model> {
    signal?.throwIfAborted();
    checkSamples('calibration', calibration);
    const calibrator = this.engine.newHandle();
    try {
      await begin(calibrator);
      await this.#observe(this.engine, calibrator, calibration, { onProgress, signal });
      return await this.#quantized(onProgress, (target) =>
        this.engine.call('finishCalibration', [calibrator, target], signal),
      );
    } finally {
      this.engine.release(calibrator);
    }
  }

  async #derive(target: Handle, make: () => Promise<ModelDescription>): Promise<Model> {
    try {
      return new Model(this.engine, target, this.name, await make());
    } catch (error) {
      // An aborted call may still finish in the engine: what it makes is freed then.
      this.engine.release(target);
      throw error;
    }
  }
}

export interface LoadOptions extends LongCallOptions {
  /**
   * The engine to load into, which may be starting still: the download does not wait. By default one that all such calls
   * share.
   */
  engine?: Engine | Promise<Engine>;
  /**
   * Browsers: keep what a URL gives in the browser's `Cache`, and take it from there the next time. It is not asked whether
   * the file has changed: give such a file another URL.
   */
  cache?: boolean;
  /**
   * The files that the model keeps its weights in (ONNX's external data): one, several by the names that the model calls them,
   * or Files that are called so. By default they are looked for beside the model, where it comes from a URL or a path.
   */
  externalData?: ExternalData;
  /**
   * Other tensors for initializers that the file lists among its inputs (`describe().overridableInitializers`): ONNX's inputs
   * with a default. They are given here and not to each run, as they are quantized, packed and folded like all constants.
   */
  initializers?: Feeds;
}

/**
 * Loads an ONNX model. The bytes go into the engine's memory as they come.
 * @param source a URL (in Node also a path), the bytes, a Blob or File, or a Response
 * @throws OctavoError `Download`, `File`, `InvalidModel`, `Unsupported`, `InvalidGraph`, `EngineStart`, `OutOfMemory`;
 *   `InvalidInput` for an initializer that the file does not let override, or of another type; the signal's reason
 */
export async function loadModel(source: ModelSource, options?: LoadOptions): Promise<Model> {
  const checked = checkOptions('loadModel', options, loadOptions);
  const { signal, onProgress } = checked;
  signal?.throwIfAborted();
  const initializers = toNativeTensors(checked.initializers ?? {}, [], 'copies');
  let opening = openSource(source, signal, checked.cache);
  // It may fail while the engine starts, when nobody waits for it yet.
  opening.catch(() => {});
  const close = () => void opening.then((opened) => opened.close?.()).catch(() => {});
  const engine = await resolveEngine(checked.engine).catch((error: unknown) => {
    close();
    throw error;
  });
  const handle = engine.newHandle();
  const externals: ExternalDownload[] = [];
  const progress = { phase: 'download' as const, loaded: 0, total: undefined as number | undefined };
  let start: Uint8Array | undefined;
  const receive = async (target: number, { total, chunks }: Source) => {
    await engine.call('beginLoad', [target, total], signal);
    // Files come one after the other, and what is to come of later ones is not known.
    progress.total = target === handle ? total : undefined;
    onProgress?.({ ...progress });
    for await (const chunk of chunks) {
      if (target === handle && !start?.length) start = beginningOf(chunk);
      await engine.call('appendLoad', [target, chunk], signal);
      progress.loaded += chunk.byteLength;
      // More than was announced: nobody knows how much is to come.
      if (progress.total !== undefined && progress.loaded > progress.total) progress.total = undefined;
      onProgress?.({ ...progress });
    }
  };
  let name = 'model';
  try {
    const opened = await opening;
    name = opened.name;
    await receive(handle, opened);
    const locations = await engine.call('externalLocations', [handle], signal);
    checkExternalData(locations, checked.externalData);
    for (const location of locations) {
      opening = openSource(externalSource(location, source, checked.externalData), signal, checked.cache);
      externals.push({ location, download: engine.newHandle() });
      await receive(externals[externals.length - 1].download, await opening);
    }
    signal?.throwIfAborted();
    onProgress?.({ phase: 'parse', loaded: 0, total: 1 });
    const description = await engine.call('finishLoad', [handle, externals, handOver(initializers)], signal);
    onProgress?.({ phase: 'parse', loaded: 1, total: 1 });
    return new Model(engine, handle, name, description);
  } catch (error) {
    close();
    for (const each of [handle, ...externals.map(({ download }) => download)]) engine.release(each);
    signal?.throwIfAborted();
    if (!(error instanceof OctavoError) || ['Disposed', 'EngineStart'].includes(error.code)) throw error;
    const otherwise = error.code === 'InvalidModel' && start ? whatElse(start) : undefined;
    throw (otherwise ? new OctavoError(error.code, otherwise) : error).inFile(name);
  }
}

/** @internal Has an engine make a model of a whole file. */
export async function loadFile(
  engine: Engine,
  target: Handle,
  file: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<ModelDescription> {
  await engine.call('beginLoad', [target, file.byteLength], signal);
  await engine.call('appendLoad', [target, file], signal);
  return engine.call('finishLoad', [target, [], []], signal);
}

async function resolveEngine(given: LoadOptions['engine']): Promise<Engine> {
  const engine: unknown = await (given ?? defaultEngine());
  if (engine instanceof Engine) return engine;
  throw new OctavoError('InvalidOption', "option 'engine' of loadModel is what createEngine gives");
}

/** @throws OctavoError `InvalidOption` when `samples` cannot be iterated over, or is text or numbers */
export function checkSamples(what: string, samples: Samples): void {
  const iterable = samples as Partial<Iterable<Sample> & AsyncIterable<Sample>> | string | undefined;
  if (
    typeof iterable === 'object' &&
    !isTypedArray(iterable) &&
    (typeof iterable?.[Symbol.asyncIterator] === 'function' ||
      typeof iterable?.[Symbol.iterator] === 'function')
  )
    return;
  throw new OctavoError(
    'InvalidOption',
    `${what} must be an iterable or async iterable of samples, for example an array`,
  );
}

/** How many samples there are, when that can be told without taking them. */
export function countOf(samples: Samples): number | undefined {
  if (Array.isArray(samples)) return samples.length;
  return samples instanceof Set ? samples.size : undefined;
}
