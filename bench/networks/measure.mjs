// Octavo's float and int8 EfficientNet-Lite0 beside onnxruntime-web's float one: in Node and in a page alike.
import * as ort from 'onnxruntime-web';
import { Tensor, createEngine, loadModel } from 'octavo';

ort.env.wasm.numThreads = 1;

const largestDifference = (a, b) => a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);
const largest = (a) => a.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
const argmax = (a) => a.indexOf(a.reduce((most, x) => Math.max(most, x), -Infinity));

/**
 * `models` holds the bytes {float, u8, u7}, `input` the float32 elements of one picture. Answers are checked first; then the
 * contestants take turns. Returns {info, times: {name: [ms]}}.
 */
export async function measure({ models, input, rounds }) {
  const dims = [1, 3, 224, 224];
  // In the page itself, as onnxruntime-web runs: neither pays for messages to a worker.
  const engine = await createEngine({ worker: false });
  const contestants = {};
  for (const [name, bytes] of Object.entries(models)) {
    const model = await loadModel(bytes, { engine });
    const images = new Tensor('float32', input, dims);
    contestants[`octavo ${name}`] = async () => (await model.run({ images })).logits.data;
  }
  const session = await ort.InferenceSession.create(models.float, { executionProviders: ['wasm'] });
  const images = new ort.Tensor('float32', input, dims);
  contestants['onnxruntime-web float'] = async () => (await session.run({ images })).logits.data;

  const expected = await contestants['onnxruntime-web float']();
  for (const [name, run] of Object.entries(contestants)) {
    const logits = await run();
    const agrees = name.endsWith('float')
      ? largestDifference(expected, logits) <= 1e-4 * largest(expected)
      : argmax(expected) === argmax(logits);
    if (!agrees) throw new Error(`${name} gives a wrong answer`);
  }
  const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let round = 0; round < rounds; ++round) {
    for (const [name, run] of Object.entries(contestants)) {
      const start = performance.now();
      await run();
      times[name].push(performance.now() - start);
    }
  }
  const { info } = engine;
  engine.dispose();
  return { info, times };
}
