// Weights of four bits and floats of 16: what is written is what runs here, and in onnxruntime.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, loadModel, Tensor } from 'octavo';
import { withEngine } from './support/engines.mjs';
import { modelBytes } from './support/networks.mjs';
import { largest, largestDifference } from './support/numbers.mjs';
import { createSession, runOnFeeds } from './support/onnxruntime.mjs';

// One step of a GRU with an embedding before it and a product behind it.
const file = 'g2p/decoder.onnx';
const state = Float32Array.from({ length: 2 * 256 }, (_, i) => Math.sin(i) / 2);
const feeds = {
  phonemes: new Tensor('int32', new Int32Array([5, 40]), [2]),
  state: new Tensor('float32', state, [2, 256]),
};

for (const options of [
  { bits: 8 },
  { bits: 4 },
  { bits: 4, blockSize: 32 },
  { bits: 3, blockSize: 32 },
  { bits: 4, blockSize: 32, symmetric: false },
  { bits: 4, blockSize: 16, rounding: 'hqq' },
])
  test(`a file gives the same here and in onnxruntime: ${JSON.stringify(options)}`, () =>
    withEngine('simd', async (engine) => {
      const float = await loadModel(await modelBytes(file), { engine });
      const quantized = await float.quantizeWeights(options);
      assert.equal(quantized.describe().quantization.scheme, 'weight-only');
      const expected = (await quantized.run(feeds)).logits;
      for (const weights of ['dequantizeLinear', 'matMulNBits']) {
        const onnx = await quantized.toOnnx({ weights });
        const again = await loadModel(onnx, { engine });
        assert.deepEqual((await again.run(feeds)).logits.data, expected.data);
        const session = await createSession(onnx);
        const { logits } = await runOnFeeds(session, feeds);
        assert.ok(largestDifference(logits.data, expected.data) <= 1e-5 * largest(expected.data));
        await session.release();
      }
    }));

for (const quantize of [undefined, { opTypesToQuantize: ['GRU'] }])
  test(`floats of 16 bits are float32 once loaded${quantize ? ', those that stay beside int8' : ''}`, () =>
    withEngine('simd', async (engine) => {
      // The file has halves, and what is written of it by default has none.
      const read = await loadModel(await modelBytes(file), { engine });
      assert.ok(read.describe().tensorBytes.float16 > 0);
      const float = await loadModel(await read.toOnnx(), { engine });
      assert.equal(float.describe().tensorBytes.float16, 0);
      const model = quantize ? await float.quantizeWeights(quantize) : float;
      const onnx = await model.toOnnx({ storage: 'float16' });
      const again = await loadModel(onnx, { engine });
      assert.deepEqual(await again.toOnnx({ storage: 'float16' }), onnx);
      const before = model.describe();
      const after = again.describe();
      assert.deepEqual(after.operators, before.operators);
      assert.ok(after.tensorBytes.float32 < before.tensorBytes.float32 / 20);
      const halves = 2 * after.tensorBytes.float16 + after.tensorBytes.float32;
      assert.equal(halves, before.tensorBytes.float32);
      assert.equal(after.tensorBytes.int8, before.tensorBytes.int8);
      if (quantize) assert.ok(after.tensorBytes.int8 > 0);
      else assert.ok(onnx.byteLength < 0.51 * (await model.toOnnx()).byteLength);

      const { logits } = await again.run(feeds);
      const expected = (await model.run(feeds)).logits;
      assert.deepEqual(logits.data, expected.data);
      const session = await createSession(onnx);
      const theirs = (await runOnFeeds(session, feeds)).logits;
      assert.ok(largestDifference(theirs.data, logits.data) <= 1e-5 * largest(expected.data));
      await session.release();
      const report = await compare(model, again, [feeds], { repeats: 1 });
      assert.deepEqual(report.quantized.tensorBytes, after.tensorBytes);
    }));

test('calibration is for rounding with feedback, which needs it', () =>
  withEngine('simd', async (engine) => {
    const model = await loadModel(await modelBytes(file), { engine });
    const refused = (options, named) =>
      assert.rejects(model.quantizeWeights(options), (error) => {
        assert.equal(error.code, 'InvalidOption');
        assert.match(error.message, named);
        return true;
      });
    await refused({ rounding: 'gptq' }, /rounding.*calibration/);
    await refused({ rounding: 'nearest', calibration: [feeds] }, /calibration.*gptq/);
    await refused({ rounding: 'hqq', symmetric: true }, /rounding.*symmetric/);
    const rounded = await model.quantizeWeights({ bits: 4, calibration: [feeds] });
    assert.equal(rounded.describe().quantization.applied[0].method, 'gptq');
  }));
