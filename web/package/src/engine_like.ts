// Another engine as one is that somebody has already.
import { createEngine, type Engine } from './engine.js';
import { defined } from './train/options.js';

/**
 * A new engine of the build, with the threads and in the place of that one. A URL of a single file serves for an engine that does what
 * that one does, and for no other.
 * @throws OctavoError `EngineStart`
 */
export function engineLike({ info, options }: Engine, training: boolean): Promise<Engine> {
  const { build, threads, worker } = info;
  const { memoryLimit, forcedKernels, wasmUrl, workerUrl } = options;
  const shared = (url: string | URL | undefined) =>
    training === info.training || /\/$/.test(String(url)) ? url : undefined;
  return createEngine({
    training,
    build: build === 'scalar' ? 'auto' : build,
    threads,
    worker,
    ...defined({ memoryLimit, forcedKernels, wasmUrl: shared(wasmUrl), workerUrl: shared(workerUrl) }),
  });
}
