// The engine's side of the protocol: holds the native module and its models by handle. It runs in the worker or, in
// Node, in the caller's thread. Every native call is synchronous; loops over samples are the caller's.
import { compareOutputs, type SampleComparison } from './compare_outputs.js';
import { OctavoError } from './error.js';
import type {
  Binding,
  DynamicOptions,
  FileOptions,
  HeapRange,
  Layer,
  LayerDifference,
  ModelDescription,
  NativeCalibrator,
  NativeDownload,
  NativeEngine,
  NativeFeed,
  NativeInfo,
  NativeKeptTensor,
  NativeLayerComparer,
  NativeModel,
  NativeModule,
  NativeSavedTraining,
  NativeSequence,
  NativeTensor,
  NativeTrainer,
  NativeTrainingCalibrator,
  NativeTrainingSetup,
  NativeTrainingTarget,
  Place,
  QuantizedPart,
  StaticOptions,
  WeightsOptions,
  StepTime,
  SupportedOperator,
  TensorScales,
  TrainingMemory,
  TypedData,
} from './native.js';
import { throwErrors } from './native_errors.js';
import type { Offer } from './rpc.js';
import { bytesOf, copyOutputs, type OutputArray } from './tensor.js';
import { maySleep, type ThreadStart } from './threads.js';

/** The default export of engine-*.mjs. */
export type CreateNativeModule = (options: {
  instantiateWasm(
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object;
  print(text: string): void;
  printErr(text: string): void;
  /** For modules that are compiled for shared memory. */
  wasmMemory?: WebAssembly.Memory;
}) => Promise<NativeModule>;

/** Names a model, calibration or download of the host. The client chooses it, so that an aborted call can be undone. */
export type Handle = number;

interface Download {
  native: NativeDownload;
  size: number;
}

interface Deletable {
  delete(): void;
}

/** What runs. */
interface Hosted<Native> {
  native: Native;
  /** What the last run was bound to; it serves for feeds like those. */
  binding?: Binding;
}

type Runs = Hosted<Pick<NativeModel, 'bind' | 'execute'>>;

interface HostedModel extends Hosted<NativeModel> {
  /** The bytes of its file; of a quantized model they are counted when asked for. */
  fileBytes: number | undefined;
}

export interface StartOptions {
  /** Where the .wasm is, if not beside the package's modules. */
  wasmUrl: string | undefined;
  forcedKernels: Record<string, string> | undefined;
  /** How many threads to try for. */
  threads: number;
  /** Bytes that the memory may grow to. */
  memoryLimit: number | undefined;
}

/** A module, and what its threads share if it may have any. */
export interface LoadedModule {
  native: NativeModule;
  shared?: Pick<ThreadStart, 'module' | 'memory'>;
}

/** What runs, and what the threads beside the host's own begin with. */
export interface StartReport extends NativeInfo {
  starts: ThreadStart[];
}

type CreateModule = (options: StartOptions) => Promise<LoadedModule>;

/** A file that a model keeps elements in, and the download that it is. */
export interface ExternalDownload {
  location: string;
  download: Handle;
}

/** What may be asked of a host, and nothing else. */
const calls = [
  'start',
  'heapBytes',
  'liveObjects',
  'supportedOperators',
  'beginLoad',
  'appendLoad',
  'externalLocations',
  'finishLoad',
  'run',
  'keptData',
  'createState',
  'runState',
  'stateLength',
  'resetState',
  'quantizeDynamic',
  'quantizeWeights',
  'beginCalibration',
  'observe',
  'finishCalibration',
  'calibratedLayers',
  'beginRounding',
  'roundLayer',
  'beginTrainingCalibration',
  'finishTrainingCalibration',
  'prepareQatFrom',
  'prepareTraining',
  'readTraining',
  'resumeTraining',
  'configureTraining',
  'trainStep',
  'gradients',
  'weights',
  'scales',
  'trainingMemory',
  'trainedModel',
  'saveTraining',
  'compareSample',
  'beginLayerComparison',
  'compareLayers',
  'layers',
  'neededOperators',
  'setMetadata',
  'profile',
  'toOnnx',
  'fileBytes',
  'release',
] as const;

/** The protocol between an engine and its host. */
export type EngineCalls = Pick<EngineHost, (typeof calls)[number]>;

export function offerOf(host: EngineHost): Offer {
  return { service: host, calls };
}

export class EngineHost {
  readonly #createModule: CreateModule;
  #module!: NativeModule;
  #engine!: NativeEngine;
  readonly #downloads = new Map<Handle, Download>();
  readonly #models = new Map<Handle, HostedModel>();
  /** Outputs that stay here, for later runs. */
  readonly #kept = new Map<Handle, NativeKeptTensor>();
  readonly #states = new Map<Handle, Hosted<NativeSequence>>();
  readonly #calibrators = new Map<Handle, NativeCalibrator>();
  readonly #comparers = new Map<Handle, NativeLayerComparer>();
  readonly #trainingCalibrators = new Map<Handle, NativeTrainingCalibrator>();
  readonly #savedTrainings = new Map<Handle, NativeSavedTraining>();
  readonly #trainers = new Map<Handle, NativeTrainer>();

  constructor(createModule: CreateModule) {
    this.#createModule = createModule;
  }

  /** Must come first, and once. */
  async start(options: StartOptions): Promise<StartReport> {
    const { native, shared } = await this.#createModule(options);
    this.#module = throwErrors(native);
    this.#engine = this.#module.makeEngine(Object.entries(options.forcedKernels ?? {}));
    const info = this.#engine.info();
    if (!shared) return { ...info, starts: [] };
    const starts = this.#engine.startThreads?.(options.threads, maySleep()) ?? [];
    return { ...info, starts: starts.map((start) => ({ ...start, ...shared })) };
  }

  heapBytes(): number {
    return this.#module.HEAPU8.byteLength;
  }

  /** How many models, calibrations and the like are alive. */
  liveObjects(): number {
    return this.#objects().reduce((sum, { size }) => sum + size, 0);
  }

  #objects(): Map<Handle, Deletable | Hosted<Deletable>>[] {
    return [
      this.#models,
      this.#kept,
      this.#states,
      this.#calibrators,
      this.#comparers,
      this.#trainingCalibrators,
      this.#savedTrainings,
      this.#trainers,
      this.#downloads,
    ];
  }

  supportedOperators(): SupportedOperator[] {
    return this.#module.supportedOperators();
  }

  /** Makes room for a file of `expectedBytes`, or of unknown size. It may turn out to be of any other. */
  beginLoad(target: Handle, expectedBytes: number | undefined): void {
    const native = this.#module.beginDownload();
    this.#downloads.set(target, { native, size: 0 });
    if (expectedBytes !== undefined) native.reserve(expectedBytes);
  }

  /** Writes the next bytes of the file into the heap. */
  appendLoad(target: Handle, chunk: Uint8Array): void {
    const download = find(this.#downloads, target, 'download');
    download.native.append(chunk);
    download.size += chunk.byteLength;
  }

  /** The files that the model written so far keeps elements in, by its own names. */
  externalLocations(target: Handle): string[] {
    return find(this.#downloads, target, 'download').native.externalLocations();
  }

  /** Makes a model of the bytes written so far, of those files and tensors. The files are gone in any case. */
  finishLoad(
    target: Handle,
    externals: readonly ExternalDownload[],
    initializers: NativeTensor[],
  ): ModelDescription {
    const downloads = [target, ...externals.map(({ download }) => download)].map((handle) => {
      const found = find(this.#downloads, handle, 'download');
      this.#downloads.delete(handle);
      return found;
    });
    try {
      const [file, ...others] = downloads;
      others.forEach(({ native }, i) => file.native.addExternal(native, externals[i].location));
      const size = downloads.reduce((sum, download) => sum + download.size, 0);
      return this.#adopt(target, this.#engine.load(file.native, initializers), size);
    } finally {
      for (const { native } of downloads) native.delete();
    }
  }

  /** `arrays`: where to put some of the outputs; the others go into new arrays. `keep`: those that stay here, and under which handles. */
  run(
    model: Handle,
    feeds: NativeTensor[],
    arrays?: readonly OutputArray[],
    keep?: readonly [string, Handle][],
  ): NativeTensor[] {
    const hosted = this.#model(model);
    const places = this.#execute(hosted, this.#withKept(feeds));
    const handles = new Map(keep);
    const copied = this.#copyPlaces(
      places.filter(({ name }) => !handles.has(name)),
      arrays,
    );
    return places.map((place, i) => {
      const kept = handles.get(place.name);
      if (!kept) return copied.shift() as NativeTensor;
      this.#kept.set(kept, hosted.native.keep(i));
      return { ...place, data: new Uint8Array(0), kept };
    });
  }

  /** Feeds with those that an earlier run has kept. */
  #withKept(feeds: NativeTensor[]): NativeFeed[] {
    return feeds.map((feed) =>
      feed.kept === undefined ? feed : { name: feed.name, tensor: find(this.#kept, feed.kept, 'tensor') },
    );
  }

  /** The elements of an output that has stayed here. */
  keptData(kept: Handle): TypedData {
    return this.#copyPlaces([find(this.#kept, kept, 'tensor').place()])[0].data;
  }

  /** What a model keeps from run to run; says which inputs and outputs are left. */
  createState(
    model: Handle,
    target: Handle,
    capacity: number,
    batch: number,
  ): { inputs: string[]; outputs: string[] } {
    const native = this.#model(model).native.beginSequence(capacity, batch);
    this.#states.set(target, { native });
    return native.describe();
  }

  /** As `run`; says how many tokens the state then has. */
  runState(
    state: Handle,
    feeds: NativeTensor[],
    arrays?: readonly OutputArray[],
  ): { outputs: NativeTensor[]; length: number } {
    const hosted = find(this.#states, state, 'state');
    return { outputs: this.#run(hosted, feeds, arrays), length: hosted.native.length() };
  }

  stateLength(state: Handle): number {
    return find(this.#states, state, 'state').native.length();
  }

  resetState(state: Handle): void {
    find(this.#states, state, 'state').native.reset();
  }

  /** In a run like the one before, nothing is allocated in the heap: tensors are copied to and from where they lie. */
  #run(model: Runs, feeds: NativeTensor[], arrays?: readonly OutputArray[]): NativeTensor[] {
    return this.#copyPlaces(this.#execute(model, feeds), arrays);
  }

  /** Where the outputs lie until the next run. */
  #execute(model: Runs, feeds: NativeFeed[]): readonly Place[] {
    const binding = bindingFor(model, feeds);
    feeds.forEach((feed, i) => {
      if ('data' in feed) this.#heapRange(binding.inputs[i]).set(bytesOf(feed.data));
    });
    return model.native.execute() ?? binding.outputs ?? [];
  }

  #heapRange({ pointer, bytes }: HeapRange): Uint8Array {
    return this.#module.HEAPU8.subarray(pointer, pointer + bytes);
  }

  quantizeDynamic(model: Handle, target: Handle, options: DynamicOptions): ModelDescription {
    return this.#adopt(target, this.#model(model).native.quantizeDynamic(options));
  }

  quantizeWeights(model: Handle, target: Handle, options: WeightsOptions): ModelDescription {
    return this.#adopt(target, this.#model(model).native.quantizeWeights(options));
  }

  /** Static, or of weights alone. */
  beginCalibration(
    model: Handle,
    target: Handle,
    ...[method, options]: ['static', StaticOptions] | ['weights', WeightsOptions]
  ): void {
    const { native } = this.#model(model);
    this.#calibrators.set(
      target,
      method === 'static' ? native.calibrate(options) : native.calibrateWeights(options),
    );
  }

  /** Of a calibration for quantizing or training. */
  observe(calibrator: Handle, feeds: NativeTensor[]): void {
    const known = this.#trainingCalibrators.get(calibrator) ?? this.#calibrators.get(calibrator);
    if (!known) throw new OctavoError('Disposed', 'the calibration was disposed');
    known.observe(feeds);
  }

  /** Of a part, which may be asked for again, or of all. */
  finishCalibration(calibrator: Handle, target: Handle, subset?: QuantizedPart): ModelDescription {
    const native = find(this.#calibrators, calibrator, 'calibration');
    return this.#adopt(target, subset ? native.finishPart(subset) : native.finish());
  }

  /** The nodes that are quantized by themselves. */
  calibratedLayers(calibrator: Handle): string[] {
    return find(this.#calibrators, calibrator, 'calibration').layers();
  }

  /** Static, with a rounding that is learned. */
  beginRounding(model: Handle, target: Handle, options: StaticOptions): void {
    this.#calibrators.set(target, trains(this.#model(model).native.learnRounding?.(options)));
  }

  /** The next layer; without one it ends the calibration, and says how many there are. */
  roundLayer(calibrator: Handle, layer?: number): number | undefined {
    const native = find(this.#calibrators, calibrator, 'calibration');
    return layer === undefined ? native.prepare?.() : native.round?.(layer);
  }

  beginTrainingCalibration(model: Handle, target: Handle, options: NativeTrainingTarget): void {
    const { native } = this.#model(model);
    this.#trainingCalibrators.set(target, trains(native.calibrateTraining?.(options)));
  }

  /** Gives the names of the parameters. */
  finishTrainingCalibration(calibrator: Handle, target: Handle): string[] {
    return this.#adoptTrainer(target, find(this.#trainingCalibrators, calibrator, 'calibration').finish());
  }

  /** From the ranges of a quantized model. Gives the names of the parameters. */
  prepareQatFrom(model: Handle, quantized: Handle, target: Handle, options: NativeTrainingTarget): string[] {
    const { native } = this.#model(model);
    return this.#adoptTrainer(
      target,
      trains(native.prepareQatFrom?.(this.#model(quantized).native, options)),
    );
  }

  /** In float, or rounded without ranges: weights alone. Gives the names of the parameters. */
  prepareTraining(
    model: Handle,
    target: Handle,
    { options, isRounded }: { options: NativeTrainingTarget; isRounded: boolean },
  ): string[] {
    return this.#adoptTrainer(
      target,
      trains(this.#model(model).native.prepareTraining?.(options, isRounded)),
    );
  }

  /** Gives what whoever saved it has said of it. */
  readTraining(bytes: Uint8Array, target: Handle): string {
    const saved = trains(this.#module.readTraining?.(bytes));
    this.#savedTrainings.set(target, saved);
    return saved.note();
  }

  resumeTraining(
    model: Handle,
    saved: Handle,
    target: Handle,
    { options, isRounded }: { options: NativeTrainingTarget; isRounded: boolean },
  ): string[] {
    const native = find(this.#savedTrainings, saved, 'training');
    return this.#adoptTrainer(target, native.resume(this.#model(model).native, options, isRounded));
  }

  configureTraining(trainer: Handle, setup: NativeTrainingSetup): void {
    this.#trainer(trainer).configure(setup);
  }

  /** `ms`: how long it took. */
  trainStep(
    trainer: Handle,
    feeds: NativeTensor[],
    targets: NativeTensor[],
    how: { position: number; freezesObservers: boolean; freezesBatchNormalization: boolean },
  ): { loss: number; learningRate: number; ms: number } {
    const start = performance.now();
    const { position, freezesObservers, freezesBatchNormalization } = how;
    const native = this.#trainer(trainer);
    const step = native.step(feeds, targets, position, freezesObservers, freezesBatchNormalization);
    return { ...step, ms: performance.now() - start };
  }

  gradients(trainer: Handle, feeds: NativeTensor[], targets: NativeTensor[]): NativeTensor[] {
    const native = this.#trainer(trainer);
    try {
      return this.#copyPlaces(native.gradients(feeds, targets));
    } finally {
      native.release();
    }
  }

  /** The parameters as they are now. */
  weights(trainer: Handle): NativeTensor[] {
    return this.#copyPlaces(this.#trainer(trainer).weights());
  }

  scales(trainer: Handle): TensorScales[] {
    return this.#trainer(trainer).scales();
  }

  trainingMemory(trainer: Handle, feeds: NativeTensor[], targets: NativeTensor[]): TrainingMemory {
    return this.#trainer(trainer).memory(feeds, targets);
  }

  /** What has been trained so far, as a model: quantized, if it was rounded. */
  trainedModel(trainer: Handle, target: Handle): ModelDescription {
    return this.#adopt(target, this.#trainer(trainer).converted());
  }

  saveTraining(trainer: Handle, note: string): Uint8Array<ArrayBuffer> {
    const native = this.#trainer(trainer);
    try {
      return this.#heapRange(native.save(note)).slice();
    } finally {
      native.release();
    }
  }

  #copyPlaces(places: readonly Place[], arrays?: readonly OutputArray[]): NativeTensor[] {
    const data = copyOutputs(
      places.map((place) => ({ ...place, bytes: this.#heapRange(place) })),
      arrays,
    );
    return places.map(({ name, type, dims }, i) => ({ name, type, dims: [...dims], data: data[i] }));
  }

  compareSample(float: Handle, quantized: Handle, feeds: NativeTensor[], repeats: number): SampleComparison {
    const models = [this.#model(float), this.#model(quantized)] as const;
    const floatMs: number[] = [];
    const quantizedMs: number[] = [];
    let reference: NativeTensor[] = [];
    let other: NativeTensor[] = [];
    for (let repeat = 0; repeat < repeats; ++repeat) {
      const start = performance.now();
      reference = this.#run(models[0], feeds);
      const middle = performance.now();
      other = this.#run(models[1], feeds);
      floatMs.push(middle - start);
      quantizedMs.push(performance.now() - middle);
    }
    return { floatMs, quantizedMs, ...compareOutputs(this.#module, reference, other) };
  }

  /** Compiles both models for `compareLayers`, once for all samples. */
  beginLayerComparison(float: Handle, quantized: Handle, target: Handle): void {
    this.#comparers.set(target, this.#model(float).native.compareLayers(this.#model(quantized).native));
  }

  compareLayers(comparer: Handle, feeds: NativeTensor[]): LayerDifference[] {
    return find(this.#comparers, comparer, 'comparison').compare(feeds);
  }

  layers(model: Handle): Layer[] {
    return this.#model(model).native.layers();
  }

  neededOperators(model: Handle): string[] {
    return this.#model(model).native.neededOperators();
  }

  setMetadata(model: Handle, key: string, value: string): void {
    this.#model(model).native.setMetadata(key, value);
    this.#model(model).fileBytes = undefined;
  }

  profile(model: Handle, feeds: NativeTensor[], repeats: number): StepTime[] {
    return this.#model(model).native.profile(this.#withKept(feeds), repeats);
  }

  toOnnx(model: Handle, options: FileOptions): Uint8Array<ArrayBuffer> {
    return this.#writeOnnx(this.#model(model).native, options, (file) => this.#heapRange(file).slice());
  }

  /** The size of the model's ONNX file: of the one it came from, or of the one that `toOnnx` writes. */
  fileBytes(model: Handle): number {
    const hosted = this.#model(model);
    return (hosted.fileBytes ??= this.#writeOnnx(hosted.native, {}, ({ bytes }) => bytes));
  }

  #writeOnnx<T>(native: NativeModel, options: FileOptions, read: (file: HeapRange) => T): T {
    const file = native.toOnnx(options);
    try {
      return read(file);
    } finally {
      native.releaseOnnx();
    }
  }

  /** Frees whatever the handles name; one that names nothing is no error. */
  release(handles: readonly Handle[]): void {
    for (const handle of handles)
      for (const objects of this.#objects()) {
        const object = objects.get(handle);
        objects.delete(handle);
        if (object) ('native' in object ? object.native : object).delete();
      }
  }

  #adopt(target: Handle, native: NativeModel, fileBytes?: number): ModelDescription {
    this.#models.set(target, { native, fileBytes });
    return native.describe();
  }

  #adoptTrainer(target: Handle, native: NativeTrainer): string[] {
    this.#trainers.set(target, native);
    return native.parameters();
  }

  #trainer(handle: Handle): NativeTrainer {
    return find(this.#trainers, handle, 'trainer');
  }

  #model(handle: Handle): HostedModel {
    return find(this.#models, handle, 'model');
  }
}

/** The binding of the last run where it serves for these feeds, else a new one: always where the engine has some. */
function bindingFor(model: Runs, feeds: NativeFeed[]): Binding {
  const last = model.binding;
  if (last?.inputs.length === feeds.length && feeds.every((feed, i) => fits(feed, last.inputs[i])))
    return last;
  delete model.binding;
  const binding = model.native.bind(feeds);
  if (binding.reusable) model.binding = binding;
  return binding;
}

function fits(feed: NativeFeed, place: Place): boolean {
  if ('tensor' in feed) return false;
  const { name, type, dims, data } = feed;
  const same = name === place.name && type === place.type && data.byteLength === place.bytes;
  return same && dims.length === place.dims.length && dims.every((dim, axis) => dim === place.dims[axis]);
}

function trains<T>(object: T | undefined): T {
  if (object === undefined) throw new OctavoError('Unsupported', 'this engine does not train');
  return object;
}

function find<T>(objects: ReadonlyMap<Handle, T>, handle: Handle, what: string): T {
  const object = objects.get(handle);
  if (!object) throw new OctavoError('Disposed', `the ${what} was disposed`);
  return object;
}
