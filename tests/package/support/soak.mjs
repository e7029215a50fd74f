// Thousands of everything in one engine: heap and stack stay flat, and another model's answers the same.
import assert from 'node:assert/strict';
import { loadModel } from 'octavo';
import { failures, makeCanary } from './failures.mjs';
import { hostedEngine } from './hosted.mjs';
import { digits, modelBytes } from './networks.mjs';

/** So many failures of each kind, loads with disposals, and runs. */
export async function soak({ build, failures: failing, loads, runs, report = () => {} }) {
  const { engine, native } = await hostedEngine(build);
  const canary = await makeCanary(engine);
  const state = async () => ({
    stack: native.stackSave(),
    heap: await engine.heapBytes(),
    live: await engine.liveObjects(),
    handles: native.count_emval_handles(),
  });
  /** Calls `work` a few times to warm up, then `count` times, after which all is as it was. */
  const repeat = async (name, count, work) => {
    const begin = performance.now();
    for (let i = 0; i < 10; ++i) await work(i);
    const before = await state();
    for (let i = 0; i < count; ++i) await work(i);
    assert.deepEqual(await state(), before, name);
    await canary.check(name);
    report(`${name}: ${count} times in ${Math.round(performance.now() - begin)} ms, ${before.heap} bytes`);
  };
  for (const [name, { fail, expected }] of Object.entries(await failures(engine)))
    await repeat(name, failing, () => assert.rejects(fail(), expected, name));
  const bytes = await modelBytes('mnist.onnx');
  const batches = [await digits('mnist-test-images.npy', 0, 2), await digits('mnist-test-images.npy', 2, 3)];
  await repeat('a network is loaded, quantized, run and written', loads, async (i) => {
    const model = await loadModel(bytes, { engine });
    const calibration = [batches[0]];
    const copy = i % 2 ? await model.quantizeDynamic() : await model.quantizeStatic({ calibration });
    await copy.run(batches[i % 2]);
    if (i % 10 === 0) await copy.toOnnx();
    copy.dispose();
    model.dispose();
  });
  const model = await loadModel(bytes, { engine });
  // Another shape now and then makes another plan.
  await repeat('a run', runs, (i) => model.run(batches[i % 100 === 0 ? 1 : 0]));
  engine.dispose();
}
