// What TypeScript says of the native module, against the module: options, element types, descriptions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createEngine, loadModel, supportedOperators, Tensor } from 'octavo';
import { onnxFile } from './support/onnx_model.mjs';
import { inner } from './support/package.mjs';

const { fileOptions } = await inner('file_options.js');
const { quantizationRows } = await inner('quantization_options.js');
const { elementTypes } = await inner('tensor.js');

let engine;
before(async () => {
  engine = await createEngine({ build: 'simd' });
});
after(() => engine.dispose());

const product = () =>
  onnxFile({
    inputs: [{ name: 'x', dims: [1, 2] }],
    outputs: [{ name: 'y' }],
    constants: [{ name: 'w', dims: [2, 2], data: new Float32Array([1, 2, 3, 4]) }],
    nodes: [{ op: 'MatMul', name: 'product', inputs: ['x', 'w'], outputs: ['y'] }],
  });
const sample = () => new Tensor('float32', [1, 2], [1, 2]);

const quantizers = {
  dynamic: (model, options) => model.quantizeDynamic(options),
  static: (model, options) => model.quantizeStatic({ calibration: [sample()], ...options }),
  weights: (model, options) =>
    model.quantizeWeights({ ...(options.rounding === 'gptq' && { calibration: [sample()] }), ...options }),
};

/** A value that the engine takes for an option of that kind, and one that it refuses. */
const values = {
  names: { good: [[]], bad: ['product', [1]] },
  boolean: { good: [true, false], bad: [1, 'yes'] },
  strength: { good: [true, false, 0.25, 1], bad: ['true', Number.NaN, -1, 1.5] },
  number: { good: [], bad: ['1', Number.NaN, -1] },
};

for (const [name, { kind, methods, choices, forWeights = [], forStatic = [] }] of quantizationRows) {
  test(`option ${name}: the engine knows each of its values, and no other`, async () => {
    const model = await loadModel(product(), { engine });
    const { good, bad } = choices
      ? { good: choices, bad: [...choices.map((c) => `${c}s`), 1] }
      : values[kind];
    for (const method of methods) {
      const others = method === 'weights' ? forStatic : forWeights;
      for (const value of good)
        if (!others.includes(value)) (await quantizers[method](model, { [name]: value })).dispose();
      for (const value of [...bad, ...others])
        await assert.rejects(quantizers[method](model, { [name]: value }), { code: 'InvalidOption' });
    }
  });
  test(`option ${name}: a method that does not have it refuses it`, async () => {
    const model = await loadModel(product(), { engine });
    for (const [method, quantize] of Object.entries(quantizers))
      if (!methods.includes(method))
        await assert.rejects(quantize(model, { [name]: choices?.[0] ?? 1 }), { code: 'InvalidOption' });
  });
}

for (const [type, { array, onnx }] of Object.entries(elementTypes)) {
  test(`element type ${type}: in, out and by its number in a file`, async () => {
    const model = onnxFile({
      inputs: [{ name: 'x', type, dims: [2] }],
      outputs: [
        { name: 'same', type },
        { name: 'cast', type },
      ],
      nodes: [
        { op: 'Reshape', inputs: ['x', 'shape'], outputs: ['same'] },
        { op: 'Cast', inputs: ['x'], outputs: ['cast'], attributes: { to: onnx } },
      ],
      constants: [{ name: 'shape', type: 'int64', dims: [1], data: new BigInt64Array([2n]) }],
    });
    const loaded = await loadModel(model, { engine });
    const data = array.from(array === BigInt64Array || array === BigUint64Array ? [1n, 0n] : [1, 0]);
    const outputs = await loaded.run({ x: new Tensor(type, data, [2]) });
    for (const output of Object.values(outputs)) {
      assert.equal(output.type, type);
      assert.ok(output.data instanceof array);
      assert.deepEqual(output.data, data);
    }
  });
}

test('kernels are described with the activations that the types list', () => {
  for (const { activations } of engine.info.kernels) assert.match(activations, /^(u8|u7|f32)$/);
  assert.ok(engine.info.kernels.some(({ activations }) => activations === 'f32'));
});

test('operators are listed once, in order, with those that the reader resolves', async () => {
  const operators = await supportedOperators({ engine });
  const names = operators.map(({ domain, type }) => `${domain}.${type}`);
  assert.deepEqual(names, [...new Set(names)].sort());
  for (const type of ['Conv', 'MatMul', 'Constant', 'QuantizeLinear', 'HardSwish'])
    assert.ok(operators.some((operator) => operator.type === type && operator.domain === ''));
  assert.ok(!names.some((name) => name.includes('octavo')));
  assert.equal(operators.find(({ type }) => type === 'HardSwish').since, 14);
  // What the reader tells in terms of others.
  assert.equal(operators.find(({ type }) => type === 'Upsample').since, 7);
  assert.ok(operators.some(({ domain, type }) => domain === 'com.microsoft' && type === 'FusedConv'));
});

for (const [name, { choices }] of Object.entries(fileOptions))
  test(`option ${name} of toOnnx: the engine knows each of its values, and no other`, async () => {
    const model = await loadModel(product(), { engine });
    for (const value of choices) await model.toOnnx({ [name]: value });
    for (const value of [`${choices[0]}s`, 1])
      await assert.rejects(
        model.toOnnx({ [name]: value }),
        ({ code, message }) => code === 'InvalidOption' && message.includes(`'${name}'`),
      );
  });

test('layers and metadata', async () => {
  const model = await loadModel(product(), { engine });
  assert.deepEqual(await model.layers(), [
    { name: 'product', op: 'MatMul', dims: [1, 2], parameters: 4, quantizes: 'dynamic' },
  ]);
  await model.setMetadata('a', 'first');
  await model.setMetadata('a', 'é');
  const quantized = await model.quantizeDynamic();
  const again = await loadModel(await quantized.toOnnx(), { engine });
  for (const each of [model, quantized, again]) assert.deepEqual(each.describe().metadata, { a: 'é' });
  for (const { quantizes } of await again.layers()) assert.equal(quantizes, '');

  // A key is never an object's own business.
  await model.setMetadata('__proto__', 'kept');
  const odd = await loadModel(await model.toOnnx(), { engine });
  for (const each of [model, odd])
    assert.deepEqual(Object.entries(each.describe().metadata).sort(), [
      ['__proto__', 'kept'],
      ['a', 'é'],
    ]);
});
