// Initializers that a file lists among its inputs, and what loadModel is given in their places.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createEngine, loadModel, Tensor } from 'octavo';
import { onnxFile } from './support/onnx_model.mjs';

let engine, workerEngine;
before(async () => {
  engine = await createEngine({ build: 'simd' });
  workerEngine = await createEngine({ build: 'simd', worker: true });
});
after(() => {
  engine.dispose();
  workerEngine.dispose();
});

const file = (dims = [2, 2]) =>
  onnxFile({
    inputs: [
      { name: 'x', dims: [1, 2] },
      { name: 'w', dims },
    ],
    outputs: [{ name: 'y' }],
    constants: [{ name: 'w', dims: [2, 2], data: new Float32Array([1, 2, 3, 4]) }],
    nodes: [{ op: 'MatMul', name: 'product', inputs: ['x', 'w'], outputs: ['y'] }],
  });
const x = () => new Tensor('float32', [1, 1], [1, 2]);
const identity = () => new Tensor('float32', [1, 0, 0, 1], [2, 2]);
const resultOf = async (model) => [...(await model.run(x())).y.data];

test('it is no input, has its default, and is described', async () => {
  const model = await loadModel(file(), { engine });
  assert.deepEqual(
    model.inputs.map(({ name }) => name),
    ['x'],
  );
  assert.deepEqual(model.describe().overridableInitializers, [{ name: 'w', type: 'float32', dims: [2, 2] }]);
  assert.deepEqual(await resultOf(model), [4, 6]);
});

test('another tensor takes its place, also in what is quantized and written', async () => {
  for (const each of [engine, workerEngine]) {
    const given = identity();
    const loading = loadModel(file(), { engine: each, initializers: { w: given } });
    given.data.fill(9);
    const model = await loading;
    assert.deepEqual(await resultOf(model), [1, 1]);
    const quantized = await model.quantizeDynamic();
    assert.deepEqual(quantized.describe().overridableInitializers, []);
    const again = await loadModel(await quantized.toOnnx(), { engine: each });
    for (const value of await resultOf(again)) assert.ok(Math.abs(value - 1) < 0.02);
  }
});

test('an open dimension takes any size', async () => {
  const w = new Tensor('float32', [1, 2, 3, 4, 5, 6], [2, 3]);
  const model = await loadModel(file([2, 'n']), { engine, initializers: { w } });
  assert.deepEqual(await resultOf(model), [5, 7, 9]);
  assert.deepEqual(model.describe().overridableInitializers[0].dims, [2, 'n']);
});

test('another type, shape or name is refused, and so is what is no tensor', async () => {
  const refused = (initializers, message, code = 'InvalidInput') =>
    assert.rejects(loadModel(file(), { engine, initializers }), { code, message });
  await refused({ w: x() }, /initializer 'w' is float32 of shape \[2,2\], not float32 of shape \[1,2\]/);
  await refused({ w: new Tensor('int32', [1, 2, 3, 4], [2, 2]) }, /is float32 .*, not int32/);
  await refused({ v: identity() }, /no initializer 'v' that may be overridden/);
  await refused({ x: x() }, /no initializer 'x' that may be overridden/);
  await refused({ w: 1 }, /'w' is no tensor/);
  await refused(7, /option 'initializers' of loadModel/, 'InvalidOption');
  assert.deepEqual(await resultOf(await loadModel(file(), { engine })), [4, 6]);
});
