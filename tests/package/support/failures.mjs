// Calls that must fail, by kind, and a model whose answer must not change meanwhile.
import assert from 'node:assert/strict';
import { Tensor, compare, loadModel } from 'octavo';
import { modelBytes } from './networks.mjs';
import { onnxModel } from './onnx_model.mjs';

const digit = (value = 0.5) => new Tensor('float32', new Float32Array(784).fill(value), [1, 1, 28, 28]);

/** mnist and its two int8 copies; `check` fails when an answer is not the first one's bits. */
export async function makeCanary(engine) {
  const float = await loadModel(await modelBytes('mnist.onnx'), { engine });
  const models = [
    float,
    await float.quantizeDynamic(),
    await float.quantizeStatic({ calibration: [digit()], rounding: 'nearest' }),
  ];
  const answers = async () =>
    Buffer.concat(
      await Promise.all(
        models.map(async (model) => Buffer.from((await model.run(digit())).logits.data.buffer)),
      ),
    );
  const expected = await answers();
  return {
    run: () => float.run(digit()),
    parameters: float.describe().parameters,
    async check(when) {
      assert.ok(expected.equals(await answers()), `the answers changed: ${when}`);
    },
    dispose: () => models.forEach((model) => model.dispose()),
  };
}

/** { name: { fail, expected } }: each call of `fail` gives a promise that is rejected as `expected` says. */
export async function failures(engine) {
  const bytes = await modelBytes('mnist.onnx');
  const model = await loadModel(bytes, { engine });
  const other = await loadModel(onnxModel({ op: 'Relu' }), { engine });
  const kinds = {
    'an empty file': [() => loadModel(new Uint8Array(0), { engine }), 'InvalidModel'],
    'a file cut short': [() => loadModel(bytes.subarray(0, bytes.length - 100), { engine }), 'InvalidModel'],
    'an unknown operator': [() => loadModel(onnxModel({ op: 'No' }), { engine }), 'Unsupported'],
    'a file too large to announce': [() => loadModel(tooLarge(), { engine }), 'OutOfMemory'],
    'a refused run': [() => model.run({ pixels: digit() }), 'InvalidInput'],
    'a run of a wrong shape': [() => other.run(new Tensor('float32', [1, 2, 3])), 'InvalidInput'],
    'a refused output': [
      () => model.run(digit(), { outputs: { logits: new Tensor('float32', [1]) } }),
      'InvalidInput',
    ],
    'a refused profile': [() => model.profile({ pixels: digit() }), 'InvalidInput'],
    'a refused dynamic quantization': [() => model.quantizeDynamic({ granularity: 'no' }), 'InvalidOption'],
    'a refused operator': [() => model.quantizeDynamic({ opTypesToQuantize: ['No'] }), 'InvalidOption'],
    'a refused static quantization': [
      () => model.quantizeStatic({ calibration: [digit()], bins: 1 }),
      'InvalidOption',
    ],
    'no calibration': [() => model.quantizeStatic({ calibration: [] }), 'InvalidData'],
    'calibration with NaN': [() => model.quantizeStatic({ calibration: [digit(NaN)] }), 'InvalidData'],
    'a comparison of two networks': [() => compare(model, other, [digit()]), 'InvalidInput'],
    'a comparison of layers': [() => failToCompareLayers(engine, model, other), 'InvalidInput'],
    'an unknown call': [() => engine.call('no such call', []), 'Unsupported'],
  };
  return Object.fromEntries(
    Object.entries(kinds).map(([name, [fail, code]]) => [
      name,
      { fail, expected: { name: 'OctavoError', code } },
    ]),
  );
}

async function failToCompareLayers(engine, model, other) {
  const comparer = engine.newHandle();
  await engine.call('beginLayerComparison', [model.handle, other.handle, comparer]);
  try {
    await engine.call('compareLayers', [comparer, []]);
  } finally {
    engine.release(comparer);
  }
}

const tooLarge = () => new Response(new Uint8Array(8), { headers: { 'content-length': '5000000000' } });
