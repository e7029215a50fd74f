// Octavo as a contestant. Every runtime is {runtime, build, threads, load(bytes, feeds), dispose()}, where feeds are
// {name: {type, data, dims}} and `load` gives {run(), compute(), dispose()}; `run` resolves to {output name: typed array}.
// `compute` is there where a runtime leaves results in its own memory until asked: then reading them is not timed, in its
// favour.
import { createEngine, loadModel } from 'octavo';

const startsHere = async (options) => {
  try {
    return await createEngine(options);
  } catch (error) {
    if (error.code === 'EngineStart') return undefined;
    throw error;
  }
};

/**
 * Undefined where the build does not run, or not with that many threads. It runs in the page itself, as peers do: none pays for
 * messages to a worker. With `training` it trains, too.
 */
export async function startOctavo({ build, threads = 1, training = false }) {
  const engine = await startsHere({ build, threads, training, worker: false });
  if (!engine) return undefined;
  const { info } = engine;
  if ((info.threads ?? 1) !== threads) {
    engine.dispose();
    return undefined;
  }
  return {
    runtime: 'octavo',
    build: info.build,
    threads,
    engine,
    dot: info.dot,
    /** With `quantize`, options of dynamic quantization, it is the quantized model that runs. */
    async load(bytes, feeds, quantize) {
      let model = await loadModel(bytes, { engine });
      if (quantize) {
        const float = model;
        model = await float.quantizeDynamic(quantize);
        float.dispose();
      }
      let outputs;
      const run = async () => {
        outputs = await model.run(feeds, { outputs });
        return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
      };
      return { run, dispose: () => model.dispose() };
    },
    dispose: () => engine.dispose(),
  };
}

/** Engines of each build, with that many threads, and beside more than one with one to compare them. */
export async function startOctavos({ builds, threads, training }, say) {
  const engines = [];
  for (const build of builds) {
    const engine = await startOctavo({ build, threads, training });
    if (!engine) {
      say(`octavo ${build} does not start with threads: ${threads}`);
      continue;
    }
    engines.push(engine);
    if (threads > 1) engines.push(await startOctavo({ build, threads: 1, training }));
  }
  return engines;
}
