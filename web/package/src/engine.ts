// Engines: where models live.
import { platform } from '#platform';
import { OctavoError, messageOf } from './error.js';
import { checkCount, checkOptions, type KnownOptions } from './check_options.js';
import { EngineHost, offerOf, type CreateNativeModule, type EngineCalls, type Handle } from './host.js';
import type { EngineInfo, EngineOptions } from './options.js';
import { Client, localChannel, type Channel } from './rpc.js';
import { chooseBuild, instantiate, wasmLocation, type BuildChoice, type Variant } from './start.js';
import { Team, chooseThreads, type ThreadChoice } from './threads.js';

/** An engine: one WebAssembly instance with its own memory, in a worker or in this thread. */
export class Engine {
  readonly info: EngineInfo;
  readonly #client: Client<EngineCalls>;
  readonly #leaks: FinalizationRegistry<{ handle: Handle; name: string }>;
  #nextHandle: Handle = 1;
  /** Why the engine cannot be used any more. */
  #ended: OctavoError | undefined;

  /** @internal Use `createEngine`. */
  constructor(client: Client<EngineCalls>, info: EngineInfo, onLeak?: (modelName: string) => void) {
    this.#client = client;
    this.info = info;
    this.#leaks = new FinalizationRegistry(({ handle, name }) => {
      this.release(handle);
      onLeak?.(name);
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
    return this.#client.idle;
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
    if (this.usable) this.#client.call('release', [handle]).catch(() => {});
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
  forcedKernels: 'record',
  wasmUrl: 'any',
  memoryLimit: 'any',
  onLeak: 'function',
};

const importGlue: Record<Variant, () => Promise<{ default: CreateNativeModule }>> = {
  simd: () => import('./engine-simd.mjs'),
  relaxed: () => import('./engine-relaxed.mjs'),
  'simd-threads': () => import('./engine-simd-threads.mjs'),
  'relaxed-threads': () => import('./engine-relaxed-threads.mjs'),
};

const wasmBeside: Record<Variant, () => URL> = {
  simd: () => new URL('./engine-simd.wasm', import.meta.url),
  relaxed: () => new URL('./engine-relaxed.wasm', import.meta.url),
  'simd-threads': () => new URL('./engine-simd-threads.wasm', import.meta.url),
  'relaxed-threads': () => new URL('./engine-relaxed-threads.wasm', import.meta.url),
};

/**
 * Starts an engine of its own; any number live side by side.
 * @throws OctavoError `EngineStart` when it cannot start here, `InvalidOption`
 */
export async function createEngine(given?: EngineOptions): Promise<Engine> {
  const options = checkOptions('createEngine', given, engineOptions);
  let threads = chooseThreads(options.threads ?? 'auto', platform.cores());
  const wasmUrl = options.wasmUrl === undefined ? undefined : toUrl(options.wasmUrl);
  if (wasmUrl && !/\/$|-threads\.wasm$/.test(wasmUrl.pathname))
    threads = { threads: 1, why: "option 'wasmUrl' names a file without threads" };
  if (options.memoryLimit !== undefined) checkCount('memoryLimit', options.memoryLimit, 2 ** 32);
  const build = await chooseBuild(options.build ?? 'auto');
  if (threads.threads > 1) {
    try {
      return await startEngine(build, threads, wasmUrl, options);
    } catch (error) {
      if (!(error instanceof OctavoError && error.code === 'EngineStart')) throw error;
      threads = { threads: 1, why: `the engine with threads does not start: ${error.message}` };
    }
  }
  return startEngine(build, threads, wasmUrl, options);
}

function toUrl(wasmUrl: string | URL): URL {
  const base = platform.baseUrl();
  if (URL.canParse(String(wasmUrl), base?.href)) return new URL(wasmUrl, base);
  throw new OctavoError('InvalidOption', `option 'wasmUrl' is no URL: ${String(wasmUrl)}`);
}

async function startEngine(
  { build, why }: BuildChoice,
  choice: ThreadChoice,
  wasmFrom: URL | undefined,
  { forcedKernels, memoryLimit, onLeak, worker = platform.workerByDefault }: EngineOptions,
): Promise<Engine> {
  const variant: Variant = choice.threads > 1 ? `${build}-threads` : build;
  const wasmUrl = wasmFrom && wasmLocation(variant, wasmFrom).href;
  const client = new Client<EngineCalls>(worker ? platform.startWorker(variant) : localEngine(variant));
  try {
    const { threads: tried } = choice;
    const started = await client.call('start', [{ wasmUrl, forcedKernels, threads: tried, memoryLimit }]);
    const { dot, kernels, threads, threadsWhy = choice.why } = started;
    const info: EngineInfo = { build: started.build, why, threads, threadsWhy, dot, kernels, worker };
    return new Engine(client, info, onLeak);
  } catch (error) {
    client.close(disposed());
    throw error;
  }
}

function localEngine(variant: Variant): Channel {
  let host: EngineHost | undefined = new EngineHost(async ({ wasmUrl, threads, memoryLimit }) => {
    const url = wasmUrl ? new URL(wasmUrl) : wasmBeside[variant]();
    const [glue, wasm] = await Promise.all([
      importGlue[variant]().catch((error: unknown) => {
        throw new OctavoError(
          'EngineStart',
          `cannot load the ${variant} engine: ${messageOf(error)}`,
          {},
          { cause: error },
        );
      }),
      platform.compile(url),
    ]);
    const team = threads > 1 ? new Team(threads, () => platform.newThread()) : undefined;
    return instantiate(glue.default, { wasm, url, memoryLimit }, team).catch((error: unknown) => {
      team?.end();
      throw error;
    });
  });
  const channel = localChannel(offerOf(host));
  return {
    send: (method, args) => channel.send(method, args),
    close(reason) {
      channel.close(reason);
      host?.end();
      // Models may be held on to: what they lived in is not.
      host = undefined;
    },
  };
}

let shared: Promise<Engine> | undefined;

/**
 * The engine that `loadModel` uses when none is given: made on first use, and made anew after a failed start, a crash
 * or a disposal.
 */
export async function defaultEngine(): Promise<Engine> {
  shared ??= createEngine();
  try {
    const engine = await shared;
    if (engine.usable) return engine;
  } catch (error) {
    shared = undefined;
    throw error;
  }
  shared = undefined;
  return defaultEngine();
}
