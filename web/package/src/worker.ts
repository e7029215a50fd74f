// What every worker does: offers an engine host to the page.
import { EngineHost, type CreateNativeModule } from './host.js';
import { serve, type WorkerScope } from './rpc.js';
import { compileFromUrl, instantiate } from './start.js';

/** Offers the engine of `createModule`, whose .wasm is at `defaultWasm` unless the page starts it with another. */
export function serveEngine(createModule: CreateNativeModule, defaultWasm: URL): void {
  const host = new EngineHost(async (wasmUrl) =>
    instantiate(createModule, await compileFromUrl(wasmUrl ? new URL(wasmUrl) : defaultWasm)),
  );
  serve(host, globalThis as unknown as WorkerScope);
}
