// Engines: where models live.
import { OctavoError } from './error.js';
import { checkCount, checkOptions, type KnownOptions } from './check_options.js';
import type { EngineCalls, Handle } from './host.js';
import { localEngine } from './local_engine.js';
import type { EngineInfo, EngineOptions } from './options.js';
import { platform } from './platform/platform.js';
import { Client, workerFailed } from './rpc.js';
import { chooseBuild, fileLocation, type BuildChoice, type Variant } from './start.js';
import { Team, chooseThreads, type ThreadChoice } from './threads.js';

/** An engine: one WebAssembly instance with its own memory, in a worker or in this thread. */
export class Engine {
  readonly info: EngineInfo;
  /** @internal What it was made with. */
  readonly options: EngineOptions;
  readonly #client: Client<EngineCalls>;
  readonly #leaks: FinalizationRegistry<{ handle: Handle; name: string }>;
  #nextHandle: Handle = 1;
  /** What is to be freed with the next call: a decoder gives up dozens of tensors for each token. */
  #released: Handle[] = [];
  /** Why the engine cannot be used any more. */
  #ended: OctavoError | undefined;

  /** @internal Use `createEngine`. */
  constructor(client: Client<EngineCalls>, info: EngineInfo, options: EngineOptions = {}) {
    this.#client = client;
    this.info = info;
    this.options = options;
    this.#leaks = new FinalizationRegistry(({ handle, name }) => {
      this.release(handle);
      options.onLeak?.(name);
    });
  }

  /** Whether the engine can still be used: it was neither disposed nor did it crash. */
  get usable(): boolean {
    return this.#ended === undefined;
  }

  /** Bytes of the engine's memory now. It grows by need and never shrinks. */
  heapBytes(): Promise<number> {
    return this.call('heapBytes', []);
  }

  /** How many models, calibrations and downloads are alive in the engine. */
  liveObjects(): Promise<number> {
    return this.call('liveObjects', []);
  }

  /** Ends the engine with all of its models. Doing so again is no error. */
  dispose(): void {
    this.#end(disposed());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal Whether the next call begins before `call` returns. */
  get idle(): boolean {
    return this.#client.idle && !this.#released.length;
  }

  /** @internal A name for something that the host is about to make. */
  newHandle(): Handle {
    return this.#nextHandle++;
  }

  /** @internal */
  async call<Method extends keyof EngineCalls>(
    method: Method,
    args: Parameters<EngineCalls[Method]>,
    signal?: AbortSignal,
  ): Promise<Awaited<ReturnType<EngineCalls[Method]>>> {
    if (this.#ended) throw this.#ended;
    this.#free();
    try {
      return await this.#client.call(method, args, signal);
    } catch (error) {
      if (endsEngine(error)) this.#crash(error);
      throw error;
    }
  }

  #crash(error: OctavoError): void {
    const message = `the engine crashed before (${error.message}); make a new one`;
    this.#end(new OctavoError('Disposed', message, {}, { cause: error }));
  }

  /** Gives up the worker or the threads; calls that still wait fail. */
  #end(reason: OctavoError): void {
    this.#ended ??= reason;
    this.#client.close(this.#ended);
  }

  /** @internal Frees what `handle` names, after whatever is under way; never fails. */
  release(handle: Handle): void {
    if (this.#released.push(handle) === 1) queueMicrotask(() => this.#free());
  }

  #free(): void {
    const handles = this.#released.splice(0);
    if (handles.length && this.usable) this.#client.call('release', [handles]).catch(() => {});
  }

  /** @internal Frees `handle` when `owner` is garbage-collected, unless `untrack` comes first. */
  track(owner: object, handle: Handle, name: string): void {
    this.#leaks.register(owner, { handle, name }, owner);
  }

  /** @internal */
  untrack(owner: object): void {
    this.#leaks.unregister(owner);
  }
}

function endsEngine(error: unknown): error is OctavoError {
  if (!(error instanceof OctavoError)) return false;
  return error.code === 'EngineStart' || (error.code === 'Internal' && !error.detail?.['engineUsable']);
}

const disposed = () => new OctavoError('Disposed', 'the engine was disposed');

const engineOptions: KnownOptions<EngineOptions> = {
  build: 'any',
  threads: 'any',
  worker: 'boolean',
  training: 'boolean',
  forcedKernels: 'record',
  wasmUrl: 'any',
  workerUrl: 'any',
  memoryLimit: 'any',
  onLeak: 'function',
};

/**
 * Starts an engine of its own; any number live side by side.
 * @throws OctavoError `EngineStart` when it cannot start here, `InvalidOption`
 */
export async function createEngine(given?: EngineOptions): Promise<Engine> {
  const options = checkOptions('createEngine', given, engineOptions);
  let threads = chooseThreads(options.threads ?? 'auto', platform.cores(), platform.noThreads);
  const places = {
    wasmUrl: toUrl('wasmUrl', options.wasmUrl),
    workerUrl: toUrl('workerUrl', options.workerUrl),
  };
  for (const [name, url] of Object.entries(places))
    if (url && !/\/$|-threads\.\w+$/.test(url.pathname))
      threads = { threads: 1, why: `option '${name}' names a file without threads` };
  if (options.memoryLimit !== undefined) checkCount('memoryLimit', options.memoryLimit, 2 ** 32);
  const build = await chooseBuild(options.build ?? 'auto', platform.builds);
  if (options.training && !platform.trains)
    throw new OctavoError('EngineStart', 'no engine in this file trains');
  const { worker = platform.workerByDefault } = options;
  const where: Where = worker
    ? { worker, why: options.worker ? 'asked for' : 'it leaves the page free' }
    : { worker, why: options.worker === false ? 'asked for' : 'the default here' };
  if (threads.threads > 1) {
    try {
      return await startAnywhere({ build, threads, where, places, options });
    } catch (error) {
      if (!(error instanceof OctavoError && error.code === 'EngineStart')) throw error;
      threads = { threads: 1, why: `the engine with threads does not start: ${error.message}` };
    }
  }
  return startAnywhere({ build, threads, where, places, options });
}

/** Whether an engine is to live in a worker, and why. */
interface Where {
  worker: boolean;
  why: string;
}

/** What an engine is started with. */
interface Start {
  build: BuildChoice;
  threads: ThreadChoice;
  where: Where;
  places: { wasmUrl: URL | undefined; workerUrl: URL | undefined };
  options: EngineOptions;
}

function toUrl(option: string, given: string | URL | undefined): URL | undefined {
  if (given === undefined) return undefined;
  const base = platform.baseUrl();
  if (URL.canParse(String(given), base?.href)) return new URL(given, base);
  throw new OctavoError('InvalidOption', `option '${option}' is no URL: ${String(given)}`);
}

const remedy =
  "the folder 'engine' of the package belongs beside the script that imports it, or options 'workerUrl' and 'wasmUrl' say where it is";

/** In a worker if it is to be, and in this thread where no worker can start and none was asked for. */
async function startAnywhere(start: Start): Promise<Engine> {
  if (!start.where.worker) return startEngine(start);
  try {
    return await startEngine(start);
  } catch (error) {
    if (!(error instanceof OctavoError) || error.detail?.['failed'] !== workerFailed.failed) throw error;
    const tried = await platform.explainWorker(variantOf(start), start.places.workerUrl);
    const why = `${error.message}; its script is ${tried}`;
    if (start.options.worker)
      throw new OctavoError('EngineStart', `${why}; ${remedy}`, { detail: error.detail }, { cause: error });
    return startEngine({ ...start, where: { worker: false, why } }).catch((second: unknown) => {
      const { message, file } = OctavoError.from(second);
      throw new OctavoError(
        'EngineStart',
        `${why}; in the page: ${message}; ${remedy}`,
        { file },
        { cause: second },
      );
    });
  }
}

const variantOf = ({ build: { build }, threads: { threads }, options: { training } }: Start): Variant =>
  `${training ? 'train-' : ''}${build}${threads > 1 ? '-threads' : ''}`;

async function startEngine(start: Start): Promise<Engine> {
  const { build, threads: choice, where, places, options } = start;
  const { forcedKernels, memoryLimit } = options;
  const variant = variantOf(start);
  const wasmUrl = places.wasmUrl
    ? fileLocation(`engine-${variant}.wasm`, places.wasmUrl).href
    : where.worker
      ? platform.wasmUrl(variant).href
      : undefined;
  const channel = where.worker ? platform.startWorker(variant, places.workerUrl) : localEngine(variant);
  const team = new Team(choice.threads, () => platform.newThread(variant, places.workerUrl));
  const client = new Client<EngineCalls>({
    send: (method, args) => channel.send(method, args),
    close(reason) {
      channel.close(reason);
      team.end();
    },
  });
  try {
    const { threads: tried } = choice;
    const started = await client.call('start', [{ wasmUrl, forcedKernels, threads: tried, memoryLimit }]);
    const { threads, why: threadsWhy = choice.why } = await team.begin(started.starts);
    const { dot, kernels } = started;
    const { why } = build;
    const { worker, why: workerWhy } = where;
    const info: EngineInfo = {
      build: started.build,
      why,
      threads,
      threadsWhy,
      training: options.training ?? false,
      dot,
      kernels,
      worker,
      workerWhy,
    };
    return new Engine(client, info, options);
  } catch (error) {
    client.close(disposed());
    throw error;
  }
}

/** @internal One engine for all who ask: made on first use, and made anew after a failed start, a crash or a disposal. */
export function sharedEngine<Wishes extends unknown[]>(
  make: (...wishes: Wishes) => Promise<Engine>,
): (...wishes: Wishes) => Promise<Engine> {
  let shared: Promise<Engine> | undefined;
  return async function get(...wishes): Promise<Engine> {
    shared ??= make(...wishes);
    try {
      const engine = await shared;
      if (engine.usable) return engine;
    } catch (error) {
      shared = undefined;
      throw error;
    }
    shared = undefined;
    return get(...wishes);
  };
}

const usualEngine = sharedEngine(() => createEngine());

/**
 * The engine that `loadModel` uses when none is given: made on first use, and made anew after a failed start, a crash
 * or a disposal.
 */
export function defaultEngine(): Promise<Engine> {
  return usualEngine();
}
