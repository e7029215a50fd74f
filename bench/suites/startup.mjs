// From nothing to the first result of EfficientNet-Lite0, in a page of its own; the memory that it took; and, at a second
// visit, from a page whose files are cached to an engine that is ready. Runtimes are downloaded inside of what is timed.
import { onnxModel } from '../materials/onnx.mjs';
import { argmax } from '../support/agree.mjs';
import { startupCases } from '../support/cases.mjs';
import { networks } from '../support/networks.mjs';
import { makeRow } from '../support/stats.mjs';
import { watchWasmMemory } from '../support/wasm_memory.mjs';

const network = networks.find(({ id }) => id === 'efficientnet-lite0');

const relu = () =>
  onnxModel({
    nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }],
    initializers: [],
    inputs: [{ name: 'x', dims: [1] }],
    outputs: [{ name: 'y', dims: [1] }],
  });

const octavo = (worker) => ({
  identity: { runtime: 'octavo', ...(worker ? { row: 'in a worker' } : {}) },
  async ready() {
    const { createEngine } = await import('octavo');
    return createEngine({ worker, threads: 1 });
  },
  async firstResult(url, pixels) {
    const { Tensor, loadModel } = await import('octavo');
    const model = await loadModel(url, { engine: this.ready() });
    const outputs = await model.run({ [network.input]: new Tensor('float32', pixels, network.dims) });
    return outputs[network.output].data;
  },
});

const starters = {
  octavo: () => octavo(false),
  'octavo in a worker': () => octavo(true),
  'onnxruntime-web': ({ importOrt, folder }) => ({
    identity: { runtime: 'onnxruntime-web' },
    async load(model, feeds) {
      const { startOrt } = await import('../runtimes/ort.mjs');
      return (await startOrt({ folder: folder('ort'), load: importOrt })).load(model, feeds);
    },
    /** It has no engine to start but that of a session: one of the smallest model. */
    ready() {
      return this.load(relu(), {});
    },
    async firstResult(url, pixels) {
      const session = await this.load(url, {
        [network.input]: { type: 'float32', data: pixels, dims: network.dims },
      });
      return (await session.run())[network.output];
    },
  }),
};

async function timed(task) {
  const start = performance.now();
  const result = await task();
  return { result, ms: performance.now() - start };
}

export async function measureStartup(context) {
  const contestant = starters[context.contestant](context);
  const common = { kind: 'startup', ...contestant.identity, build: null, threads: 1, precision: 'f32' };
  if (context.visit > 1) {
    const { ms } = await timed(() => contestant.ready());
    return [makeRow({ case: startupCases.warm, ...common }, [ms])];
  }
  const pixels = new Float32Array((await context.bytes(`material/${network.id}/input.f32`)).buffer);
  const memory = watchWasmMemory();
  const url = `${location.origin}/material/${network.id}/float.onnx`;
  const { result, ms } = await timed(() => contestant.firstResult(url, pixels));
  if (argmax(result) !== network.label)
    throw new Error(`the largest logit is ${argmax(result)}, not ${network.label}`);
  const rows = [makeRow({ case: startupCases.cold, ...common }, [ms])];
  // A worker's memory is out of sight; it is the same module's.
  if (memory() > 0)
    rows.push({
      ...{ case: startupCases.memory, ...common, kind: 'memory', bytes: memory() },
      ...{ ms: [], best: null, median: null, gops: null, peakShare: null },
    });
  return rows;
}
