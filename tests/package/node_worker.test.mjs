// Engines in a thread of Node: the caller's events go on while a network runs, and nothing keeps the process.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createEngine, loadModel } from 'octavo';
import { modelFile, networks } from './support/networks.mjs';

test('timers fire while a network runs', async () => {
  const engine = await createEngine({ worker: true });
  assert.deepEqual([engine.info.worker, engine.info.workerWhy], [true, 'asked for']);
  const model = await loadModel(modelFile('efficientnet-lite0.onnx'), { engine });
  const [input] = await networks[0].samples();
  let fired = 0;
  const timer = setInterval(() => ++fired, 1);
  for (let i = 0; i < 5; ++i) await model.run(input);
  clearInterval(timer);
  assert.ok(fired > 5, `${fired} times`);
  engine.dispose();
});

test('its answers are those of an engine in the process', async () => {
  const outputs = [];
  for (const worker of [false, true]) {
    const engine = await createEngine({ worker, build: 'simd' });
    const model = await loadModel(modelFile('mnist.onnx'), { engine });
    const [input] = model.inputs;
    const feeds = {
      [input.name]: { type: 'float32', data: new Float32Array(784).fill(0.3), dims: [1, 1, 28, 28] },
    };
    outputs.push((await (await model.quantizeDynamic()).run(feeds)).logits.data);
    await assert.rejects(model.run({}), { code: 'InvalidInput' });
    engine.dispose();
    await assert.rejects(model.run(feeds), { code: 'Disposed' });
  }
  assert.deepEqual(outputs[0], outputs[1]);
});

test('a process ends though nobody has disposed of the engine', async () => {
  const program = `
    import { createEngine, loadModel } from 'octavo';
    const engine = await createEngine({ worker: true });
    await loadModel(${JSON.stringify(modelFile('mnist.onnx'))}, { engine });
    console.log('done');`;
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const options = { cwd, timeout: 60_000 };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', program],
    options,
  );
  assert.equal(stdout, 'done\n');
});
