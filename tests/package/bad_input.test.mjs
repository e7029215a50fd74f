// Bad input into the real engine: a typed error, and the engine goes on.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { Tensor, createEngine, loadModel } from 'octavo';
import { enableRelaxedSimd } from 'octavo/node';
import { modelBytes, modelFile } from './support/networks.mjs';
import { onnxModel } from './support/onnx_model.mjs';

enableRelaxedSimd();
let engine;
let mnist;
let mnistBytes;
const digit = (value = 0.5) => new Tensor('float32', new Float32Array(784).fill(value), [1, 1, 28, 28]);

before(async () => {
  engine = await createEngine();
  mnistBytes = await modelBytes('mnist.onnx');
  mnist = await loadModel(mnistBytes, { engine });
});
after(() => engine.dispose());

/** Checks that `work` fails as expected and that the engine is as good as before. */
async function fails(work, expected) {
  const expectedOutput = (await mnist.run(digit())).logits.data;
  await assert.rejects(work, (error) => {
    assert.equal(error.name, 'OctavoError', String(error));
    for (const [key, value] of Object.entries(expected)) {
      if (value instanceof RegExp) assert.match(error[key] ?? '', value);
      else assert.equal(error[key], value, `${key} of "${error.message}"`);
    }
    return true;
  });
  assert.deepEqual((await mnist.run(digit())).logits.data, expectedOutput);
}

const load = (bytes) => loadModel(bytes, { engine });

test('an empty model', () => fails(load(new Uint8Array(0)), { code: 'InvalidModel' }));

test('a JPEG given as a model', async () => {
  const jpeg = new File([await readFile(modelFile('photos/cat.jpg'))], 'cat.jpg');
  await fails(load(jpeg), { code: 'InvalidModel', file: 'cat.jpg', message: /cat\.jpg/ });
});

test('text given as a model', () => fails(load(new Blob(['hello, world'])), { code: 'InvalidModel' }));

test('what is often in the place of a model is named', async () => {
  const kinds = {
    '\n<!DOCTYPE html><html>': /HTML page.*no such file/,
    'version https://git-lfs.github.com/spec/v1\noid sha256:1f\n': /Git LFS/,
    'PK\x03\x04\x00\x00': /torch\.onnx\.export/,
  };
  for (const [text, message] of Object.entries(kinds)) {
    const file = new File([text], 'net.onnx');
    await fails(load(file), { code: 'InvalidModel', file: 'net.onnx', message });
  }
});

test('a server that is not there: the reason that Node has', async () => {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  await fails(load(`http://127.0.0.1:${port}/net.onnx`), { code: 'Download', message: /\(.*ECONNREFUSED/ });
});

test('a model cut short anywhere', async () => {
  for (let part = 1; part < 16; ++part) {
    const bytes = mnistBytes.subarray(0, Math.floor((mnistBytes.length * part) / 16));
    await assert.rejects(load(bytes), { name: 'OctavoError' }, `${part}/16 of the file`);
  }
  await fails(load(mnistBytes.subarray(0, 1000)), { code: /Invalid/ });
});

test('a model with flipped bits loads or fails cleanly, and never breaks the engine', async () => {
  const expected = (await mnist.run(digit())).logits.data;
  // A linear congruential generator: the same flips in every run.
  let state = 1;
  const random = (below) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
  let refused = 0;
  for (let round = 0; round < 300; ++round) {
    const bytes = mnistBytes.slice();
    // Most of the file is weights, where a flip is no error: half of the flips go to the graph around them.
    const from = round % 2 === 0 ? 0 : Math.max(0, bytes.length - 2000);
    for (let flip = 0; flip < 4; ++flip) bytes[from + random(bytes.length - from)] ^= 1 << random(8);
    try {
      const model = await load(bytes);
      await model.run(digit()).catch((error) => assert.equal(error.name, 'OctavoError', String(error)));
      model.dispose();
    } catch (error) {
      assert.equal(error.name, 'OctavoError', String(error));
      assert.notEqual(error.code, 'Internal', error.message);
      ++refused;
    }
    assert.ok(engine.usable, `the engine crashed in round ${round}`);
  }
  assert.ok(refused > 0);
  assert.deepEqual((await mnist.run(digit())).logits.data, expected);
});

test('an unknown operator', () =>
  fails(load(onnxModel({ op: 'Frobnicate', node: 'n7' })), {
    code: 'Unsupported',
    op: 'Frobnicate',
    node: 'n7',
  }));

test('an unknown opset', () =>
  fails(load(onnxModel({ op: 'Relu', opset: 999 })), { code: 'Unsupported', message: /999/ }));

test('a wrong feed name', () =>
  fails(mnist.run({ pixels: digit() }), { code: 'InvalidInput', message: /pixels|digits/ }));

test('a feed too many', () =>
  fails(mnist.run({ digits: digit(), more: digit() }), { code: 'InvalidInput', message: /more/ }));

test('no feed', () => fails(mnist.run({}), { code: 'InvalidInput', message: /digits/ }));

test('a wrong type', () => {
  const integers = new Tensor('int32', new Int32Array(784), [1, 1, 28, 28]);
  return fails(mnist.run({ digits: integers }), { code: 'InvalidInput', message: /float32/ });
});

test('a wrong shape', async () => {
  for (const dims of [
    [1, 784],
    [1, 1, 784, 1],
    [1, 1, 14, 56],
    [4, 196, 1, 1],
  ]) {
    const tensor = new Tensor('float32', new Float32Array(784), dims);
    await fails(mnist.run({ digits: tensor }), { code: 'InvalidInput', message: /shape|dim|rank/i });
  }
});

test('an empty batch is fine or a clean error', async () => {
  const tensor = new Tensor('float32', [], [0, 1, 28, 28]);
  const outputs = await mnist.run({ digits: tensor }).catch((error) => error);
  if (outputs instanceof Error) assert.equal(outputs.code, 'InvalidInput');
  else assert.deepEqual(outputs.logits.dims, [0, 10]);
});

for (const value of [NaN, Infinity, -Infinity]) {
  for (const observer of ['minmax', 'movingAverage', 'histogram', 'percentile', 'entropy', 'mse']) {
    test(`${value} in calibration data of ${observer}`, () =>
      fails(mnist.quantizeStatic({ calibration: [digit(), digit(value)], observer }), {
        code: 'InvalidData',
      }));
  }
}

test('tensors that are none say what one is', async () => {
  const data = new Float32Array(784);
  await fails(mnist.run(data), { code: 'InvalidInput', message: /a Float32Array alone is no tensor/ });
  const plain = { type: 'float32', data: [...data], dims: [1, 1, 28, 28] };
  await fails(mnist.run(plain), { code: 'InvalidInput', message: /in an array, not a typed array/ });
});

test('samples are a list, not text, numbers or one tensor', async () => {
  for (const calibration of ['photos', new Float32Array(784), digit(), undefined])
    await fails(mnist.quantizeStatic({ calibration }), {
      code: 'InvalidOption',
      message: /an iterable .* for example an array/,
    });
});

test('no calibration data', () => fails(mnist.quantizeStatic({ calibration: [] }), { code: 'InvalidData' }));

test('unknown options', async () => {
  const calibration = [digit()];
  const invalid = { code: 'InvalidOption' };
  await fails(mnist.quantizeStatic({ calibration, observer: 'median' }), {
    ...invalid,
    message: /observer/,
  });
  await fails(mnist.quantizeStatic({ calibration, percentile: 101 }), { ...invalid, message: /percentile/ });
  await fails(mnist.quantizeStatic({ calibration, bins: -1 }), invalid);
  await fails(mnist.quantizeDynamic({ perChannel: 'yes' }), { ...invalid, message: /perChannel/ });
  await fails(mnist.quantizeDynamic({ opTypesToQuantize: ['Frobnicate'] }), invalid);
  await fails(mnist.quantizeDynamic({ opTypesToQuantize: 'Conv' }), invalid);
  await fails(mnist.quantizeDynamic({ nodesToExclude: ['no such node'] }), invalid);
});

test('unknown engine options', async () => {
  await fails(createEngine({ build: 'turbo' }), { code: 'InvalidOption', message: /turbo/ });
  await fails(createEngine({ worker: 'yes' }), { code: 'InvalidOption', message: /worker/ });
  await fails(createEngine({ worker: true, workerUrl: 'file:///w.js' }), {
    code: 'InvalidOption',
    message: /workerUrl/,
  });
  await fails(createEngine({ forcedKernels: { gemm_s8: 'no such kernel' } }), { code: 'InvalidOption' });
  await fails(createEngine({ wasmUrl: new URL('none/', import.meta.url) }), {
    code: 'EngineStart',
    message: /none/,
  });
});

test('a quantized model cannot be quantized again in silence', async () => {
  const quantized = await mnist.quantizeDynamic();
  const again = await quantized.quantizeDynamic().catch((error) => error);
  if (again instanceof Error) assert.equal(again.name, 'OctavoError');
  else assert.equal(again.describe().quantization.scheme, 'dynamic');
  quantized.dispose();
});

test('a disposed model', async () => {
  const model = await load(mnistBytes);
  model.dispose();
  await fails(model.run(digit()), { code: 'Disposed' });
});

test('an aborted load', async () => {
  const reason = new Error('changed my mind');
  const load = loadModel(mnistBytes, { engine, signal: AbortSignal.abort(reason) });
  await assert.rejects(load, (error) => error === reason);
  assert.equal((await mnist.run(digit())).logits.data.length, 10);
});
