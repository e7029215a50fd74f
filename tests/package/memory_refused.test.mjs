// Memory is refused at every place where it may be: each call then fails with OutOfMemory, and the engine goes on.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Tensor, compare, loadModel } from 'octavo';
import { makeCanary } from './support/failures.mjs';
import { hostedEngine } from './support/hosted.mjs';
import { modelBytes } from './support/networks.mjs';
import { onnxFile } from './support/onnx_model.mjs';
import { decideGrowth, takeFreeHeap } from './support/refused_memory.mjs';

after(() => decideGrowth(undefined));

/** Everything that one network is used for; ends where it fails. Leaves nothing behind. */
async function everything(engine, bytes, input) {
  const alive = [];
  const keep = async (model) => (alive.push(await model), alive.at(-1));
  try {
    const model = await keep(loadModel(bytes, { engine }));
    await model.run(input);
    await model.profile(input, { repeats: 1 });
    const copies = [
      await keep(model.quantizeDynamic()),
      await keep(model.quantizeStatic({ calibration: [input], rounding: 'nearest' })),
    ];
    for (const copy of copies) {
      await copy.run(input);
      await keep(loadModel(await copy.toOnnx(), { engine }));
    }
    await compare(model, copies[1], [input], { repeats: 1, layers: true });
    await model.toOnnx();
  } finally {
    alive.forEach((model) => model.dispose());
  }
}

const expectRefusal = (error) => {
  assert.equal(error.name, 'OctavoError', String(error.stack));
  assert.equal(error.code, 'OutOfMemory', error.message);
};

test('growth is refused from each step on', async () => {
  const bytes = await modelBytes('resnet18-quarter.onnx');
  const input = new Tensor('float32', new Float32Array(3 * 224 * 224).fill(0.1), [1, 3, 224, 224]);
  let requests = 0;
  const engineThatGrows = async (most) => {
    requests = 0;
    decideGrowth(() => ++requests <= most);
    const { engine } = await hostedEngine('simd');
    return engine;
  };
  const free = await engineThatGrows(Infinity);
  await everything(free, bytes, input);
  free.dispose();
  const needed = requests;
  assert.ok(needed > 5, `${needed} requests`);
  for (let most = 0; most < needed; ++most) {
    const engine = await engineThatGrows(most);
    const canary = await makeCanary(engine);
    const live = await engine.liveObjects();
    await assert.rejects(
      everything(engine, bytes, input),
      (error) => (expectRefusal(error), true),
      `${most}`,
    );
    assert.equal(await engine.liveObjects(), live);
    await canary.check(`${most} requests`);
    decideGrowth(undefined);
    await everything(engine, bytes, input);
    await canary.check(`${most} requests, and then all`);
    engine.dispose();
  }
});

test('outputs that were to stay are all there or none', async () => {
  const { engine } = await hostedEngine('simd');
  const size = 1 << 22;
  const both = onnxFile({
    inputs: [{ name: 'x', type: 'float32', dims: [size] }],
    outputs: ['y', 'z'].map((name) => ({ name, type: 'float32', dims: [size] })),
    nodes: [
      { op: 'Relu', inputs: ['x'], outputs: ['y'] },
      { op: 'Neg', inputs: ['x'], outputs: ['z'] },
    ],
  });
  const model = await loadModel(both, { engine });
  const input = new Tensor('float32', new Float32Array(size).fill(2), [size]);
  await model.run(input);
  const live = await engine.liveObjects();
  const keep = ['y', 'z'];
  decideGrowth(() => false);
  // One of them has room.
  engine.release((await model.run(input, { keep: ['y'] })).y.kept);
  for (let i = 0; i < 3; ++i) {
    await assert.rejects(model.run(input, { keep }), (error) => (expectRefusal(error), true));
    assert.equal(await engine.liveObjects(), live);
  }
  decideGrowth(undefined);
  const made = await model.run(input, { keep });
  assert.equal(await engine.liveObjects(), live + 2);
  assert.equal((await engine.call('keptData', [made.z.kept]))[size - 1], -2);
  engine.dispose();
});

test('the heap is full but for a few bytes more each time', async () => {
  const bytes = await modelBytes('mnist.onnx');
  const input = new Tensor('float32', new Float32Array(3 * 784).fill(0.3), [3, 1, 28, 28]);
  const { engine, native } = await hostedEngine('simd');
  const canary = await makeCanary(engine);
  decideGrowth(() => false);
  const [heap, live] = [await engine.heapBytes(), await engine.liveObjects()];
  let succeeded = false;
  let refused = 0;
  for (let spare = 0; !succeeded && spare < heap; spare += spare < 20_000 ? 250 : 5000) {
    const give = takeFreeHeap(native, spare);
    await everything(engine, bytes, input).then(
      () => (succeeded = true),
      (error) => {
        expectRefusal(error);
        ++refused;
      },
    );
    give();
    assert.ok(engine.usable);
    assert.equal(await engine.liveObjects(), live);
    await canary.check(`${spare} bytes`);
  }
  assert.ok(succeeded && refused > 100, `${refused} refused`);
  assert.equal(await engine.heapBytes(), heap);
  decideGrowth(undefined);
  engine.dispose();
});

test('names that do not fit into a full heap break nothing', async () => {
  const { onnxFile } = await import('./support/onnx_model.mjs');
  const name = 'n'.repeat(20_000);
  const value = (suffix) => ({ name: name + suffix, dims: [2] });
  const file = onnxFile({
    nodes: [{ op: 'Relu', name, inputs: [`${name}x`], outputs: [`${name}y`] }],
    inputs: [value('x')],
    outputs: [value('y')],
  });
  const { engine, native } = await hostedEngine('simd');
  const canary = await makeCanary(engine);
  decideGrowth(() => false);
  const low = native.HEAPU8.slice(0, 1024);
  let results = 0;
  for (let spare = 0; spare < 800_000; spare += 8000) {
    const give = takeFreeHeap(native, spare);
    const model = await loadModel(file, { engine }).catch(expectRefusal);
    if (model) {
      const x = new Tensor('float32', [1, -1]);
      for (const call of [
        () => model.run(x).then(() => ++results),
        () => model.run({ [`${name}z`]: x }),
        () => model.quantizeDynamic({ nodesToExclude: [`${name}z`] }),
        () => model.quantizeDynamic({ weightRange: name }),
      ])
        await call().catch((error) => assert.match(error.code, /OutOfMemory|InvalidInput|InvalidOption/));
      model.dispose();
    }
    give();
    assert.deepEqual(native.HEAPU8.slice(0, 1024), low, `${spare} bytes: something was written at address 0`);
    await canary.check(`${spare} bytes`);
  }
  assert.ok(results > 0);
  decideGrowth(undefined);
  engine.dispose();
});
