// Static quantization whose rounding is learned.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tensor, createEngine, loadModel } from 'octavo';
import { builds, withEngine } from './support/engines.mjs';
import { digits, modelBytes } from './support/networks.mjs';
import { mean, sqnrDb } from './support/numbers.mjs';

const pixels = 28 * 28;

/** Batches of handwritten digits. */
async function batches(from, count, size) {
  const { data } = await digits('mnist-test-images.npy', from, count * size);
  const part = (i) => data.slice(i * size * pixels, (i + 1) * size * pixels);
  return Array.from({ length: count }, (_, i) => new Tensor('float32', part(i), [size, 1, 28, 28]));
}

const calibration = await batches(0, 4, 16);
const checks = await batches(64, 4, 16);

const run = async (model, sample) => Object.values(await model.run(sample))[0].data;

/** How near to float, in dB. */
async function nearness(model, small) {
  const all = [];
  for (const sample of checks) all.push(sqnrDb(await run(model, sample), await run(small, sample)));
  return mean(all);
}

for (const build of builds)
  test(`few bits come nearer to float than with error feedback (${build})`, () =>
    withEngine(build, async (engine) => {
      const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
      const made = (options) => model.quantizeStatic({ calibration, weightBits: 3, ...options });
      const told = [];
      const small = await made({ rounding: 'adaround', onProgress: (progress) => told.push(progress) });
      assert.equal(small.engine, engine);
      const layers = told.filter(({ phase }) => phase === 'quantize');
      const { total } = layers[0];
      assert.ok(total > 2);
      assert.deepEqual(
        layers.map(({ loaded }) => loaded),
        Array.from({ length: total + 1 }, (_, i) => i),
      );
      const [learned, feedback, nearest] = await Promise.all([
        nearness(model, small),
        nearness(model, await made({ rounding: 'gptq' })),
        nearness(model, await made({ rounding: 'nearest' })),
      ]);
      assert.ok(learned > feedback + 1 && learned > nearest + 3, `${learned}, ${feedback}, ${nearest} dB`);
      const again = await loadModel(await small.toOnnx(), { engine });
      assert.deepEqual(await run(again, checks[0]), await run(small, checks[0]));
    }));

test('the same weights on one thread and on two', async () => {
  const files = [];
  for (const threads of [1, 2]) {
    const engine = await createEngine({ build: 'simd', training: true, threads });
    const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
    const small = await model.quantizeStatic({ calibration, weightBits: 4, rounding: 'adaround' });
    files.push(Buffer.from(await small.toOnnx()));
    engine.dispose();
  }
  assert.ok(files[0].equals(files[1]));
});

test('it ends between two layers where it is aborted, and leaves nothing behind', () =>
  withEngine('simd', async (engine) => {
    const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
    const controller = new AbortController();
    const reason = new Error('enough');
    const seen = [];
    const onProgress = ({ phase, loaded }) => {
      if (phase !== 'quantize') return;
      seen.push(loaded);
      if (loaded === 1) controller.abort(reason);
    };
    const { signal } = controller;
    await assert.rejects(
      model.quantizeStatic({ calibration, rounding: 'adaround', onProgress, signal }),
      reason,
    );
    assert.deepEqual(seen, [0, 1]);
    assert.ok((await run(model, checks[0])).length > 0);
  }));

test('what it does not go with is refused', () =>
  withEngine('simd', async (engine) => {
    const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
    for (const option of ['biasCorrection', 'equalize', 'smoothQuant'])
      await assert.rejects(model.quantizeStatic({ calibration, rounding: 'adaround', [option]: true }), {
        code: 'InvalidOption',
        message: new RegExp(`${option}.*adaround`),
      });
    await assert.rejects(model.quantizeStatic({ calibration: [], rounding: 'adaround' }), {
      code: 'InvalidData',
    });
    await assert.rejects(model.quantizeStatic({ calibration, rounding: 'adaround', weightBits: 9 }), {
      code: 'InvalidOption',
    });
  }));
