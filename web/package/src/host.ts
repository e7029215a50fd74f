// The engine's side of the protocol: holds the native module and its models by handle. It runs in the worker or, in
// Node, in the caller's thread. Every native call is synchronous; loops over samples are the caller's.
import { OctavoError, messageOf, type ErrorCode } from './error.js';
import type {
  Binding,
  DynamicOptions,
  LayerDifference,
  ModelDescription,
  NativeCalibrator,
  NativeEngine,
  NativeError,
  NativeInfo,
  NativeModel,
  NativeModule,
  NativeTensor,
  StaticOptions,
  StepTime,
  TensorDifference,
  TypedData,
} from './native.js';
import { bytesOf, intoArray } from './tensor.js';
import { maySleep, type Team } from './threads.js';

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

/** One sample through two models: times of each repeat in milliseconds, interleaved, and how the outputs differ. */
export interface SampleComparison {
  floatMs: number[];
  quantizedMs: number[];
  outputs: (TensorDifference & { name: string })[];
  /** Rows of the first output, and those of them whose largest element is at the same place in both. */
  rows: number;
  sameTop1: number;
}

interface Download {
  pointer: number;
  capacity: number;
  size: number;
}

interface HostedModel {
  native: NativeModel;
  /** The bytes of its file; of a quantized model they are counted when asked for. */
  fileBytes: number | undefined;
  /** What the last run was bound to, and the feeds that it serves. */
  binding?: { key: string; places: Binding };
}

export interface StartOptions {
  /** Where the .wasm is, if not beside the package's modules. */
  wasmUrl: string | undefined;
  forcedKernels: Record<string, string> | undefined;
  /** How many threads to try for. */
  threads: number;
}

/** A module, and the threads that may compute in it. */
export interface LoadedModule {
  native: NativeModule;
  threads?: { team: Team; module: WebAssembly.Module; memory: WebAssembly.Memory };
}

/** What runs; `threadsWhy` tells why there are fewer threads than were tried for. */
export interface StartReport extends NativeInfo {
  threads: number;
  threadsWhy: string | undefined;
}

type CreateModule = (options: StartOptions) => Promise<LoadedModule>;

export class EngineHost {
  readonly #createModule: CreateModule;
  #module!: NativeModule;
  #engine!: NativeEngine;
  #team: Team | undefined;
  readonly #downloads = new Map<Handle, Download>();
  readonly #models = new Map<Handle, HostedModel>();
  readonly #calibrators = new Map<Handle, NativeCalibrator>();

  constructor(createModule: CreateModule) {
    this.#createModule = createModule;
  }

  /** Must come first, and once. */
  async start(options: StartOptions): Promise<StartReport> {
    const { native, threads } = await this.#createModule(options);
    this.#module = native;
    this.#team = threads?.team;
    const { forcedKernels } = options;
    const info = guard(() => {
      this.#engine = new native.Engine(forcedKernels ? { forcedKernels } : {});
      return this.#engine.info();
    });
    if (!threads) return { ...info, threads: 1, threadsWhy: undefined };
    const starts = guard(() => this.#engine.startThreads?.(options.threads, maySleep()) ?? []);
    const begun = await threads.team.begin(threads.module, threads.memory, starts);
    return { ...info, threads: begun.threads, threadsWhy: begun.why };
  }

  /** Ends the threads: the host is of no use any more. */
  end(): void {
    this.#team?.end();
  }

  heapBytes(): number {
    return this.#module.HEAPU8.byteLength;
  }

  /** How many models and calibrations are alive. */
  liveObjects(): number {
    return this.#models.size + this.#calibrators.size + this.#downloads.size;
  }

  /** Makes room for a file of `expectedBytes`, or of unknown size. */
  beginLoad(target: Handle, expectedBytes: number | undefined): void {
    guard(() => {
      const capacity = Math.max(1, expectedBytes ?? 1 << 20);
      this.#downloads.set(target, { pointer: this.#module.allocate(capacity), capacity, size: 0 });
    });
  }

  /** Writes the next bytes of the file into the heap. */
  appendLoad(target: Handle, chunk: Uint8Array): void {
    guard(() => {
      const download = find(this.#downloads, target, 'download');
      const needed = download.size + chunk.byteLength;
      if (needed > download.capacity) this.#grow(download, Math.max(needed, 2 * download.capacity));
      this.#module.HEAPU8.set(chunk, download.pointer + download.size);
      download.size = needed;
    });
  }

  #grow(download: Download, capacity: number): void {
    const pointer = this.#module.allocate(capacity);
    this.#module.HEAPU8.copyWithin(pointer, download.pointer, download.pointer + download.size);
    this.#module.release(download.pointer);
    download.pointer = pointer;
    download.capacity = capacity;
  }

  /** Makes a model of the bytes written so far; the native side takes them over, errors included. */
  finishLoad(target: Handle): ModelDescription {
    const { pointer, size } = find(this.#downloads, target, 'download');
    this.#downloads.delete(target);
    return guard(() => this.#adopt(target, this.#engine.load(pointer, size), size));
  }

  /** `arrays`: where to put outputs of these names; the others go into new arrays. */
  run(model: Handle, feeds: NativeTensor[], arrays?: Record<string, TypedData>): NativeTensor[] {
    return guard(() => this.#run(this.#model(model), feeds, arrays));
  }

  /** In a run like the one before, nothing is allocated in the heap: tensors are copied to and from where they lie. */
  #run(model: HostedModel, feeds: NativeTensor[], arrays: Record<string, TypedData> = {}): NativeTensor[] {
    const { inputs, outputs } = bindingFor(model, feeds);
    feeds.forEach(({ data }, i) => this.#module.HEAPU8.set(bytesOf(data), inputs[i].pointer));
    model.native.execute();
    const heap = this.#module.HEAPU8;
    return outputs.map((output) => {
      const { name, type, dims, pointer, bytes } = output;
      const data = intoArray(output, heap.subarray(pointer, pointer + bytes), arrays[name]);
      return { name, type, dims: [...dims], data };
    });
  }

  quantizeDynamic(model: Handle, target: Handle, options: DynamicOptions): ModelDescription {
    return guard(() => this.#adopt(target, this.#model(model).native.quantizeDynamic(options)));
  }

  beginCalibration(model: Handle, target: Handle, options: StaticOptions): void {
    guard(() => this.#calibrators.set(target, this.#model(model).native.calibrate(options)));
  }

  observe(calibrator: Handle, feeds: NativeTensor[]): void {
    guard(() => find(this.#calibrators, calibrator, 'calibration').observe(feeds));
  }

  finishCalibration(calibrator: Handle, target: Handle): ModelDescription {
    return guard(() => this.#adopt(target, find(this.#calibrators, calibrator, 'calibration').finish()));
  }

  compareSample(float: Handle, quantized: Handle, feeds: NativeTensor[], repeats: number): SampleComparison {
    return guard(() => {
      const models = [this.#model(float), this.#model(quantized)] as const;
      const comparison: SampleComparison = {
        floatMs: [],
        quantizedMs: [],
        outputs: [],
        rows: 0,
        sameTop1: 0,
      };
      let reference: NativeTensor[] = [];
      let other: NativeTensor[] = [];
      for (let repeat = 0; repeat < repeats; ++repeat) {
        const start = performance.now();
        reference = this.#run(models[0], feeds);
        const middle = performance.now();
        other = this.#run(models[1], feeds);
        comparison.floatMs.push(middle - start);
        comparison.quantizedMs.push(performance.now() - middle);
      }
      reference.forEach((output, i) => {
        const counterpart = other[i];
        if (counterpart?.data.length !== output.data.length) {
          throw new OctavoError(
            'InvalidInput',
            `the two models do not agree on the shape of output '${output.name}'`,
          );
        }
        const difference = this.#module.compareTensors(toFloat32(output), toFloat32(counterpart));
        comparison.outputs.push({ name: output.name, ...difference });
      });
      Object.assign(comparison, top1Agreement(reference[0], other[0]));
      return comparison;
    });
  }

  compareLayers(float: Handle, quantized: Handle, feeds: NativeTensor[]): LayerDifference[] {
    return guard(() => this.#model(float).native.compareLayers(this.#model(quantized).native, feeds));
  }

  profile(model: Handle, feeds: NativeTensor[], repeats: number): StepTime[] {
    return guard(() => this.#model(model).native.profile(feeds, repeats));
  }

  toOnnx(model: Handle): Uint8Array {
    return guard(() => this.#model(model).native.toOnnx());
  }

  /** The size of the model's ONNX file: of the one it came from, or of the one that `toOnnx` writes. */
  fileBytes(model: Handle): number {
    return guard(() => {
      const hosted = this.#model(model);
      return (hosted.fileBytes ??= hosted.native.toOnnx().byteLength);
    });
  }

  /** Frees whatever `handle` names; a handle that names nothing is no error. */
  release(handle: Handle): void {
    guard(() => {
      const download = this.#downloads.get(handle);
      if (download) this.#module.release(download.pointer);
      this.#models.get(handle)?.native.delete();
      this.#calibrators.get(handle)?.delete();
      this.#downloads.delete(handle);
      this.#models.delete(handle);
      this.#calibrators.delete(handle);
    });
  }

  #adopt(target: Handle, native: NativeModel, fileBytes?: number): ModelDescription {
    this.#models.set(target, { native, fileBytes });
    return native.describe();
  }

  #model(handle: Handle): HostedModel {
    return find(this.#models, handle, 'model');
  }
}

/** The binding of the last run where it serves for these feeds, else a new one. */
function bindingFor(model: HostedModel, feeds: NativeTensor[]): Binding {
  const key = feeds.map(({ name, type, dims }) => `${name} ${type} ${dims.join()}`).join('\n');
  const last = model.binding;
  if (last?.key === key && feeds.every(({ data }, i) => data.byteLength === last.places.inputs[i].bytes))
    return last.places;
  delete model.binding;
  const places = model.native.bind(feeds);
  if (places.reusable) model.binding = { key, places };
  return places;
}

function find<T>(objects: ReadonlyMap<Handle, T>, handle: Handle, what: string): T {
  const object = objects.get(handle);
  if (!object) throw new OctavoError('Disposed', `the ${what} was disposed`);
  return object;
}

function toFloat32({ data }: NativeTensor): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data as Iterable<number | bigint>, Number);
}

/** Compares the place of the largest element (the first of equals) in each row of the last dimension. */
function top1Agreement(reference: NativeTensor | undefined, other: NativeTensor | undefined) {
  const classes = reference?.dims.at(-1) ?? 0;
  if (!reference || !other || classes < 2) return { rows: 0, sameTop1: 0 };
  const rows = reference.data.length / classes;
  let sameTop1 = 0;
  for (let row = 0; row < rows; ++row) {
    const [first, second] = [reference, other].map(({ data }) =>
      indexOfLargest(data, row * classes, classes),
    );
    if (first === second) ++sameTop1;
  }
  return { rows, sameTop1 };
}

function indexOfLargest(data: NativeTensor['data'], start: number, count: number): number {
  let best = start;
  for (let i = start + 1; i < start + count; ++i) if (data[i] > data[best]) best = i;
  return best - start;
}

/** Turns what the native side throws into an OctavoError. */
function guard<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    if (thrown instanceof OctavoError) throw thrown;
    if (isNativeError(thrown)) {
      throw new OctavoError(thrown.code as ErrorCode, thrown.message, { node: thrown.node, op: thrown.op });
    }
    throw new OctavoError('Internal', `the engine crashed: ${messageOf(thrown)}`, {}, { cause: thrown });
  }
}

function isNativeError(thrown: unknown): thrown is NativeError {
  return typeof thrown === 'object' && thrown !== null && !(thrown instanceof Error) && 'code' in thrown;
}
