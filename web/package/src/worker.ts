// What every worker of a browser does: it offers an engine host to the page, or is a thread of one.
import { EngineHost, offerOf, type CreateNativeModule } from './host.js';
import { serve, type WorkerScope } from './rpc.js';
import { runThread } from './run_thread.js';
import { compileFromUrl, instantiate, type CompiledEngine } from './start.js';
import { Team, type Thread, type ThreadStart } from './threads.js';
import { threadOf } from './platform/web_thread.js';

/** From a URL that the page gives. */
async function fetchEngine(wasmUrl: string | undefined): Promise<Pick<CompiledEngine, 'wasm' | 'url'>> {
  const url = new URL(wasmUrl ?? '');
  return { wasm: await compileFromUrl(url), url };
}

/** Another worker of this very script. */
const newThread = (): Thread => threadOf(new Worker(globalThis.location.href, { type: ownType() }));

/** What kind of worker this is: some bundlers make classic ones. A module has no scripts to import, which is a TypeError. */
function ownType(): WorkerType {
  try {
    (globalThis as unknown as { importScripts(url: string): void }).importScripts('data:text/javascript,');
  } catch (error) {
    // A policy may forbid it to a classic one, which is another error.
    if (error instanceof TypeError) return 'module';
  }
  return 'classic';
}

/** Offers the engine of `createModule`, unless the first message begins a thread. */
export function serveEngine(
  createModule: CreateNativeModule,
  hasThreads: boolean,
  compile: typeof fetchEngine = fetchEngine,
): void {
  const host = new EngineHost(async ({ wasmUrl, threads, memoryLimit }) => {
    const team = hasThreads ? new Team(threads, newThread) : undefined;
    return instantiate(createModule, { ...(await compile(wasmUrl)), memoryLimit }, team);
  });
  const scope = globalThis as unknown as WorkerScope;
  serve(offerOf(host), scope);
  const { onmessage } = scope;
  scope.onmessage = (event) => {
    scope.onmessage = onmessage;
    const first: unknown = event.data;
    if (isThreadStart(first)) runThread(first, () => globalThis.postMessage('ready'));
    else onmessage?.(event);
  };
}

function isThreadStart(message: unknown): message is ThreadStart {
  return typeof message === 'object' && message !== null && 'entry' in message;
}
