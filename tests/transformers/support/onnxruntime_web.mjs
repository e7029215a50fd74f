// onnxruntime-web in Node.js, as transformers.js finds it.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Puts it where transformers.js looks for a runtime when it is imported. */
export async function useOnnxruntimeWeb() {
  const runtime = await import('onnxruntime-web');
  // Else transformers.js has it fetch its WebAssembly from a server.
  const main = createRequire(import.meta.url).resolve('onnxruntime-web');
  Object.assign(runtime.env.wasm, { wasmPaths: `${pathToFileURL(dirname(main))}/`, numThreads: 1 });
  globalThis[Symbol.for('onnxruntime')] = runtime;
}
