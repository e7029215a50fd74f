// What every worker of a browser does: it offers an engine host to the page, or is a thread of one.
import { EngineHost, offerOf, type CreateNativeModule } from './host.js';
import { begun, serve, type WorkerScope } from './rpc.js';
import { runThread } from './run_thread.js';
import { compileFromUrl, instantiate, type CompiledEngine } from './start.js';
import type { ThreadStart } from './threads.js';

/** From a URL that the page gives. */
async function fetchEngine(wasmUrl: string | undefined): Promise<Pick<CompiledEngine, 'wasm' | 'url'>> {
  const url = new URL(wasmUrl ?? '');
  return { wasm: await compileFromUrl(url), url };
}

/** Offers the engine of `createModule`, unless the first message begins a thread. */
export function serveEngine(
  createModule: CreateNativeModule,
  hasThreads: boolean,
  compile: typeof fetchEngine = fetchEngine,
): void {
  const host = new EngineHost(async ({ wasmUrl, memoryLimit }) =>
    instantiate(createModule, { ...(await compile(wasmUrl)), hasThreads, memoryLimit }),
  );
  const scope = globalThis as unknown as WorkerScope;
  serve(offerOf(host), scope);
  const { onmessage } = scope;
  scope.onmessage = (event) => {
    scope.onmessage = onmessage;
    const first: unknown = event.data;
    if (isThreadStart(first)) return runThread(first, () => globalThis.postMessage(begun));
    globalThis.postMessage(begun);
    onmessage?.(event);
  };
}

function isThreadStart(message: unknown): message is ThreadStart {
  return typeof message === 'object' && message !== null && 'entry' in message;
}
