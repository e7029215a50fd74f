// What every worker does: offers an engine host to the page.
import { EngineHost, offerOf, type CreateNativeModule } from './host.js';
import { serve, type WorkerScope } from './rpc.js';
import { compileFromUrl, instantiate } from './start.js';
import { Team, type Thread } from './threads.js';

/** Offers the engine of `createModule`, whose .wasm is at `defaultWasm` unless the page starts it with another. */
export function serveEngine(
  createModule: CreateNativeModule,
  defaultWasm: URL,
  newThread?: () => Thread,
): void {
  const host = new EngineHost(async ({ wasmUrl, threads, memoryLimit }) => {
    const team = newThread && new Team(threads, newThread);
    const url = wasmUrl ? new URL(wasmUrl) : defaultWasm;
    return instantiate(createModule, { wasm: await compileFromUrl(url), url, memoryLimit }, team);
  });
  serve(offerOf(host), globalThis as unknown as WorkerScope);
}
