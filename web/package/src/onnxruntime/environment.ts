// The settings of the whole page: onnxruntime-common's `env`, as far as they mean something here.
import { env } from 'onnxruntime-common';
import { createEngine, defaultEngine, type Engine } from '../api.js';

const said = new Set<string>();

/** Says a thing once, unless `env.logLevel` wants errors alone. */
export function sayOnce(what: string): void {
  if (said.has(what) || env.logLevel === 'error' || env.logLevel === 'fatal') return;
  said.add(what);
  console.warn(`octavo/onnxruntime: ${what}`);
}

let engine: Promise<Engine> | undefined;

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
  if (!threads && !proxy && !env.octavo) return defaultEngine();
  engine ??= createEngine({
    ...(threads ? { threads } : {}),
    ...(proxy ? { worker: true } : {}),
    ...env.octavo,
  });
  try {
    const made = await engine;
    if (made.usable) return made;
  } catch (error) {
    engine = undefined;
    throw error;
  }
  engine = undefined;
  return sessionEngine(intraOpNumThreads);
}
