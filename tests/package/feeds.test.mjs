// What is fed, and what becomes of it afterwards: arrays that change, vanish, are shared or lie about themselves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { Tensor, compare, createEngine, loadModel } from 'octavo';
import { withEngine } from './support/engines.mjs';
import { makeFakeNative } from './support/fake_native.mjs';
import { onnxFile } from './support/onnx_model.mjs';
import { fakeEngine } from './support/package.mjs';

const fakeModel = new TextEncoder().encode('{"scale": 2}');
const places = { local: false, worker: true };

for (const [place, worker] of Object.entries(places)) {
  /** Runs `work` with the model y = 2 x. */
  const withModel = async (work) => {
    const engine = await fakeEngine(makeFakeNative().module, { worker });
    const model = await loadModel(fakeModel, { engine });
    await work(model);
    model.dispose();
    engine.dispose();
  };
  const doubled = async (model, x) => [...(await model.run({ x })).y.data];

  test(`${place}: what changes after run has returned makes no difference`, () =>
    withModel(async (model) => {
      const data = Float32Array.of(1, 2);
      const dims = [2];
      const running = Array.from({ length: 4 }, (_, i) => {
        data.set([i, i + 1]);
        const run = model.run({ x: { type: 'float32', data, dims } });
        data.fill(99);
        return run;
      });
      dims[0] = 7;
      const results = await Promise.all(running);
      assert.deepEqual(
        results.map(({ y }) => [...y.data]),
        [
          [0, 2],
          [2, 4],
          [4, 6],
          [6, 8],
        ],
      );
      const tensor = new Tensor('float32', [5]);
      const alone = model.run(tensor);
      structuredClone(tensor.data.buffer, { transfer: [tensor.data.buffer] });
      assert.deepEqual([...(await alone).y.data], [10]);
    }));

  test(`${place}: fed arrays stay their owner's`, () =>
    withModel(async (model) => {
      const data = Float32Array.of(1, 2);
      for (let i = 0; i < 3; ++i) assert.deepEqual(await doubled(model, { data, dims: [2] }), [2, 4]);
      await compare(model, model, [{ x: { data, dims: [2] } }]);
      assert.deepEqual([...data], [1, 2]);
    }));

  test(`${place}: memory of every kind feeds`, () =>
    withModel(async (model) => {
      const shared = new Float32Array(new SharedArrayBuffer(16), 4, 2);
      const resizable = new ArrayBuffer(8, { maxByteLength: 64 });
      const tracking = new Float32Array(resizable);
      const other = runInNewContext('Float32Array.of(1, 2)');
      class Mine extends Float32Array {
        get length() {
          throw new Error('never asked');
        }
      }
      const mine = new Mine(2);
      for (const data of [shared, tracking, other, mine]) {
        Float32Array.prototype.set.call(data, [1, 2]);
        assert.deepEqual(await doubled(model, { type: 'float32', data, dims: [2] }), [2, 4]);
      }
      resizable.resize(16);
      tracking.set([1, 2, 3, 4]);
      assert.deepEqual(await doubled(model, { data: tracking, dims: [4] }), [2, 4, 6, 8]);
      resizable.resize(4);
      const misfit = { code: 'InvalidInput', message: /has 1 elements where shape \[4\] needs 4/ };
      await assert.rejects(doubled(model, { data: tracking, dims: [4] }), misfit);
      const fixed = new Float32Array(resizable, 0, 1);
      resizable.resize(0);
      await assert.rejects(doubled(model, { data: fixed, dims: [1] }), { code: 'InvalidInput' });
      const gone = Float32Array.of(1);
      structuredClone(gone.buffer, { transfer: [gone.buffer] });
      await assert.rejects(doubled(model, { data: gone, dims: [1] }), { code: 'InvalidInput' });
    }));

  test(`${place}: what only looks like a tensor is refused`, () =>
    withModel(async (model) => {
      const fake = Object.create(Float32Array.prototype, { length: { value: 1 }, byteLength: { value: 4 } });
      const tagged = { [Symbol.toStringTag]: 'Float32Array', length: 1, 0: 1 };
      const proxy = new Proxy(Float32Array.of(1), {});
      for (const data of [
        fake,
        tagged,
        proxy,
        new DataView(new ArrayBuffer(4)),
        new ArrayBuffer(4),
        'text',
        null,
      ])
        await assert.rejects(doubled(model, { type: 'float32', data, dims: [1] }), { code: 'InvalidInput' });
      for (const dims of [
        null,
        undefined,
        1,
        '1',
        { 0: 1, length: 1 },
        [1.5],
        [-1],
        [NaN],
        ['1'],
        [2 ** 53],
        [1n],
        [null],
      ])
        await assert.rejects(doubled(model, { data: Float32Array.of(1), dims }), { code: 'InvalidInput' });
      for (const type of [null, 5, 'toString', '__proto__', { toString: () => 'float32' }, Symbol('float32')])
        await assert.rejects(doubled(model, { type, data: Float32Array.of(1), dims: [1] }), {
          code: 'InvalidInput',
        });
    }));

  test(`${place}: getters are asked once, and their errors are the caller's`, () =>
    withModel(async (model) => {
      const asked = [];
      const once = (name, value) => ({
        enumerable: true,
        get() {
          asked.push(name);
          return value;
        },
      });
      const members = {
        type: once('type', 'float32'),
        data: once('data', Float32Array.of(1)),
        dims: once('dims', [1]),
      };
      const tensors = [
        Object.defineProperties({}, members),
        Object.create(Object.defineProperties({}, members)),
      ];
      for (const tensor of tensors) {
        for (const sample of [tensor, { x: tensor }, Object.defineProperty({}, 'x', once('x', tensor))]) {
          asked.length = 0;
          assert.deepEqual([...(await model.run(sample)).y.data], [2]);
          assert.equal(new Set(asked).size, asked.length, asked.join());
        }
      }
      const mine = new Error('mine');
      const hostile = {
        get x() {
          throw mine;
        },
      };
      await assert.rejects(model.run(hostile), mine);
      await assert.rejects(
        model.run({
          x: {
            get data() {
              throw mine;
            },
            dims: [1],
          },
        }),
        mine,
      );
      assert.deepEqual(await doubled(model, new Tensor('float32', [1])), [2]);
    }));

  test(`${place}: given arrays are all written or none`, () =>
    withModel(async (model) => {
      const given = { y: { data: new Float32Array(2), dims: [2] } };
      const { y } = await model.run({ x: new Tensor('float32', [1, 2]) }, { outputs: given });
      assert.equal(y.data, given.y.data);
      assert.deepEqual([...y.data], [2, 4]);
      // The array that was given is written, whatever is put in its place meanwhile.
      const running = model.run({ x: new Tensor('float32', [3, 4]) }, { outputs: given });
      given.y = { data: new Float32Array(2), dims: [2] };
      assert.equal((await running).y.data, y.data);
      assert.deepEqual([...given.y.data], [0, 0]);
      // Behind another call: the array is gone when its turn comes.
      const before = model.run({ x: new Tensor('float32', [1]) });
      const late = Float32Array.of(0, 0);
      const refused = model.run(
        { x: new Tensor('float32', [3, 4]) },
        { outputs: { y: { data: late, dims: [2] } } },
      );
      structuredClone(late.buffer, { transfer: [late.buffer] });
      await assert.rejects(refused, { code: 'InvalidInput', message: /'y' does not fit/ });
      await before;
      for (const bad of [null, 5, [], { data: [1, 2], dims: [2] }, {}])
        await assert.rejects(model.run({ x: new Tensor('float32', [1]) }, { outputs: { y: bad } }), {
          code: 'InvalidInput',
        });
      for (const outputs of [5, 'y', true])
        await assert.rejects(model.run({ x: new Tensor('float32', [1]) }, { outputs }), {
          code: 'InvalidInput',
        });
    }));
}

test('one output that does not fit leaves the others unwritten', () =>
  withEngine('simd', async (engine) => {
    const value = (name) => ({ name, dims: [2] });
    const two = onnxFile({
      nodes: ['a', 'b'].map((name) => ({ op: 'Relu', inputs: ['x'], outputs: [name] })),
      inputs: [value('x')],
      outputs: [value('a'), value('b')],
    });
    const model = await loadModel(two, { engine });
    const a = new Tensor('float32', [0, 0]);
    const refused = model.run(new Tensor('float32', [1, 2]), {
      outputs: { a, b: new Tensor('float32', [0]) },
    });
    await assert.rejects(refused, { code: 'InvalidInput', message: /'b'/ });
    assert.deepEqual([...a.data], [0, 0]);
  }));

test('NaN agrees with nothing in top-1', () =>
  withEngine('simd', async (engine) => {
    const value = (name) => ({ name, dims: ['n', 3] });
    const file = (op) =>
      onnxFile({
        nodes: [{ op, inputs: ['x'], outputs: ['y'] }],
        inputs: [value('x')],
        outputs: [value('y')],
      });
    // The root of what is negative is NaN; Identity and Relu choose the same of what is not.
    const [root, relu, identity] = await Promise.all(
      ['Sqrt', 'Relu', 'Identity'].map((op) => loadModel(file(op), { engine })),
    );
    const rows = [
      [1, 2, 3],
      [3, 2, 1],
      [-1, 2, 3],
      [1, 2, -3],
    ];
    const x = new Tensor('float32', rows.flat(), [4, 3]);
    const agreement = async (first, second) =>
      (await compare(first, second, [x], { repeats: 1 })).top1Agreement;
    assert.equal(await agreement(relu, identity), 1);
    assert.equal(await agreement(root, relu), 0.5);
    assert.equal(await agreement(relu, root), 0.5);
    assert.equal(await agreement(root, root), 0.5);
  }));

test('unknown options of every call are named, with those that there are', async () => {
  await withEngine('simd', async (engine) => {
    const file = onnxFile({
      nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }],
      inputs: [{ name: 'x', dims: [1] }],
      outputs: [{ name: 'y', dims: [1] }],
    });
    const model = await loadModel(file, { engine });
    const x = new Tensor('float32', [1]);
    const calls = {
      createEngine: [
        (options) => createEngine(options),
        /build, threads, worker, training, forcedKernels, wasmUrl, workerUrl, memoryLimit, onLeak/,
      ],
      loadModel: [(options) => loadModel(file, { engine, ...options }), /signal, onProgress, engine/],
      run: [(options) => model.run(x, options), /signal, outputs/],
      profile: [(options) => model.profile(x, options), /signal, repeats/],
      quantizeDynamic: [(options) => model.quantizeDynamic(options), /granularity/],
      quantizeStatic: [
        (options) => model.quantizeStatic({ calibration: [x], ...options }),
        /calibration, .*observer/,
      ],
      toOnnx: [(options) => model.toOnnx(options), /signal/],
      compare: [(options) => compare(model, model, [x], options), /signal, onProgress, repeats, layers/],
    };
    for (const [name, [call, known]] of Object.entries(calls)) {
      for (const unknown of ['frobnicate', 'Signal', 'toString', '__proto__', 'constructor']) {
        const options = JSON.parse(`{"${unknown}": 1}`);
        await assert.rejects(call(options), (error) => {
          assert.equal(error.code, 'InvalidOption', `${name}: ${error.message}`);
          assert.match(error.message, new RegExp(`${name} has no option '${unknown}'; there are `));
          assert.match(error.message, known);
          return true;
        });
      }
      if (name !== 'createEngine')
        await assert.rejects(call({ signal: {} }), { code: 'InvalidOption', message: /'signal'/ });
    }
    for (const options of [null, 5, 'simd', true]) {
      await assert.rejects(createEngine(options), {
        code: 'InvalidOption',
        message: /options of createEngine/,
      });
      await assert.rejects(model.run(x, options), { code: 'InvalidOption' });
      await assert.rejects(model.quantizeDynamic(options), { code: 'InvalidOption' });
      await assert.rejects(loadModel(file, options), { code: 'InvalidOption' });
    }
    const mine = new Error('mine');
    const hostile = () => {
      throw mine;
    };
    const lists = [
      new Proxy(['Relu'], { get: hostile }),
      Object.defineProperty([], 0, { get: hostile, enumerable: true }),
      Object.assign(['Relu'], { [Symbol.iterator]: hostile }),
    ];
    for (const list of lists) {
      await assert.rejects(model.quantizeDynamic({ opTypesToQuantize: list }), mine);
      await assert.rejects(model.quantizeStatic({ calibration: [x], nodesToExclude: list }), mine);
    }
    const objects = [{ toString: hostile, valueOf: hostile }, Symbol('s'), 5n, hostile, 7, null];
    for (const value of objects) {
      await assert.rejects(model.quantizeDynamic({ opTypesToQuantize: [value] }), { code: 'InvalidOption' });
      for (const option of ['opTypesToQuantize', 'perChannel', 'reduceRange', 'weightRange', 'granularity'])
        await assert.rejects(model.quantizeDynamic({ [option]: value }), { code: 'InvalidOption' }, option);
      await assert.rejects(createEngine({ forcedKernels: { gemm_s8: value } }), { code: 'InvalidOption' });
    }
    await assert.rejects(
      createEngine({ forcedKernels: Object.defineProperty({}, 'a', { get: hostile, enumerable: true }) }),
      mine,
    );
    assert.deepEqual([...(await model.run(x)).y.data], [1]);
    await assert.rejects(loadModel(file, { engine: {} }), { code: 'InvalidOption', message: /engine/ });
    await assert.rejects(loadModel(file, { engine, onProgress: 5 }), { code: 'InvalidOption' });
    await assert.rejects(compare(model, {}, [x]), { code: 'InvalidOption' });
    for (const repeats of [0, -1, 1.5, NaN, 1e10, '3', 2 ** 31]) {
      await assert.rejects(model.profile(x, { repeats }), { code: 'InvalidOption', message: /repeats/ });
      await assert.rejects(compare(model, model, [x], { repeats }), {
        code: 'InvalidOption',
        message: /repeats/,
      });
    }
    for (const bins of [NaN, Infinity, 1e99, -1e99, 2.5, '7', null])
      await assert.rejects(
        model.quantizeStatic({ calibration: [x], bins }),
        { code: 'InvalidOption' },
        String(bins),
      );
    for (const averagingConstant of [NaN, 2, -1, '0.5'])
      await assert.rejects(
        model.quantizeStatic({ calibration: [x], observer: 'movingAverage', averagingConstant }),
        { code: 'InvalidOption' },
      );
  });
});
