// The settings of the whole page: onnxruntime-common's `env`, as far as they mean something here.
import { env } from 'onnxruntime-common';
import { createEngine, defaultEngine, sharedEngine, type Engine } from '../api.js';

const said = new Set<string>();

/** Says a thing once, unless `env.logLevel` wants errors alone. */
export function sayOnce(what: string): void {
  if (said.has(what) || env.logLevel === 'error' || env.logLevel === 'fatal') return;
  said.add(what);
  console.warn(`octavo/onnxruntime: ${what}`);
}

const ownEngine = sharedEngine((threads: number | undefined) =>
  createEngine({
    ...(threads ? { threads } : {}),
    ...(env.wasm.proxy ? { worker: true } : {}),
    ...env.octavo,
  }),
);

/**
 * The engine of all sessions, made for the first with what `env` says then; the one that `loadModel` shares, where it says
 * nothing. It is made anew after a failed start, a crash or a disposal.
 * @throws OctavoError `EngineStart`, `InvalidOption`
 */
export async function sessionEngine(intraOpNumThreads: number | undefined): Promise<Engine> {
  const { numThreads, proxy, wasmPaths, wasmBinary } = env.wasm;
  // Onnxruntime-web takes 0 for as many as it thinks right.
  const threads = numThreads || intraOpNumThreads;
  if (wasmPaths ?? wasmBinary)
    sayOnce(
      'env.wasm.wasmPaths and wasmBinary are onnxruntime-web and have no effect; where Octavo is: env.octavo.wasmUrl, workerUrl',
    );
  return threads || proxy || env.octavo ? ownEngine(threads) : defaultEngine();
}
