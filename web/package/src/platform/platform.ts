// What differs between browsers and Node.
import type { Channel } from '../rpc.js';
import type { Variant } from '../start.js';
import type { Source } from '../source.js';
import type { Thread } from '../threads.js';

export interface Platform {
  /** Whether engines live in a worker unless asked otherwise. */
  readonly workerByDefault: boolean;
  /** Starts an engine's worker and returns the channel to its host. */
  startWorker(variant: Variant): Channel;
  /** Starts the worker of a thread for an engine in this thread. */
  newThread(): Thread;
  /** How many threads the machine runs at a time. */
  cores(): number;
  /** Fetches or reads a .wasm, and compiles it. */
  compile(url: URL): Promise<WebAssembly.Module>;
  /** What a relative URL is relative to. */
  baseUrl(): URL | undefined;
  /** Opens a local file by path or file: URL; undefined where there are no local files and all is a URL. */
  readonly openFile: ((path: string | URL) => Promise<Source>) | undefined;
}
