// What differs between browsers, Node and the package in one file.
import type { CreateNativeModule } from '../host.js';
import type { Channel } from '../rpc.js';
import type { Source } from '../source.js';
import type { Build } from '../options.js';
import type { Variant } from '../start.js';
import type { Thread } from '../threads.js';

export interface Platform {
  /** The builds that are there. */
  readonly builds: readonly Build[];
  /** Whether there are engines that train. */
  readonly trains: boolean;
  /** Why there are no engines with threads; undefined where there are. */
  readonly noThreads: string | undefined;
  /** Whether engines live in a worker unless asked otherwise. */
  readonly workerByDefault: boolean;
  /**
   * Starts an engine's worker and returns the channel to its host.
   * @param workerUrl where its script is, or the folder with all of them; by default beside the package's modules
   */
  startWorker(variant: Variant, workerUrl: URL | undefined): Channel;
  /** What a worker that failed was made of, and what is there: for people. */
  explainWorker(variant: Variant, workerUrl: URL | undefined): Promise<string>;
  /** The module that instantiates a build. */
  glue(variant: Variant): Promise<{ default: CreateNativeModule }>;
  /** Where a build's .wasm is unless a URL is given. */
  wasmUrl(variant: Variant): URL;
  /** Starts the worker of a thread; its script is where the engine's is. */
  newThread(variant: Variant, workerUrl: URL | undefined): Thread;
  /** How many threads the machine runs at a time. */
  cores(): number;
  /** Fetches or reads a .wasm, and compiles it. */
  compile(url: URL): Promise<WebAssembly.Module>;
  /** What a relative URL is relative to. */
  baseUrl(): URL | undefined;
  /** Opens a local file by path or file: URL; undefined where there are no local files and all is a URL. */
  readonly openFile: ((path: string | URL) => Promise<Source>) | undefined;
}

/** The one that the package's entry has chosen. */
export let platform: Platform;

export function usePlatform(chosen: Platform): void {
  platform = chosen;
}
