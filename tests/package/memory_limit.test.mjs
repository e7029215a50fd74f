// An engine whose memory may not grow beyond a limit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tensor, createEngine, loadModel } from 'octavo';
import { makeCanary } from './support/failures.mjs';
import { onnxFile } from './support/onnx_model.mjs';

const megabyte = 2 ** 20;

/** One number doubled 28 times: some hundred bytes that ask for a gigabyte. */
function doublings() {
  const nodes = Array.from({ length: 28 }, (_, i) => {
    const value = i === 0 ? 'one' : `v${i}`;
    return {
      op: 'Concat',
      name: `double${i}`,
      inputs: [value, value],
      outputs: [`v${i + 1}`],
      attributes: { axis: 0 },
    };
  });
  nodes.push({ op: 'Add', name: 'add', inputs: ['v28', 'x'], outputs: ['y'], attributes: {} });
  return onnxFile({
    nodes,
    constants: [{ name: 'one', dims: [1], data: Float32Array.of(1) }],
    inputs: [{ name: 'x', dims: [1] }],
    outputs: [{ name: 'y', dims: [2 ** 28] }],
  });
}

for (const threads of [1, 2]) {
  test(`a file that asks for more is refused, and the others stay (${threads} threads)`, async () => {
    const memoryLimit = 256 * megabyte;
    const engine = await createEngine({ memoryLimit, threads });
    const canary = await makeCanary(engine);
    const x = new Tensor('float32', [1], [1]);
    await assert.rejects(
      async () => {
        const model = await loadModel(doublings(), { engine });
        await model.run({ x });
      },
      { code: 'OutOfMemory' },
    );
    await canary.check('memory was refused');
    assert.ok((await engine.heapBytes()) <= memoryLimit);
    engine.dispose();
  });
}

test('a limit is a number of bytes', async () => {
  for (const memoryLimit of [0, -1, 1.5, NaN, '1', 2 ** 33])
    await assert.rejects(createEngine({ memoryLimit }), { code: 'InvalidOption' });
});
