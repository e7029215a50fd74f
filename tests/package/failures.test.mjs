// Failures, one after the other, in one engine: each is a typed error, leaves heap and stack as they were, and another
// model goes on giving the same bits. `node tools/fuzz-package.mjs --soak` does the first a hundred times as often.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadModel } from 'octavo';
import { makeCanary } from './support/failures.mjs';
import { hostedEngine } from './support/hosted.mjs';
import { soak } from './support/soak.mjs';

const repeats = 1000;

test('a thousand failures of each kind, loads and runs leave stack, heap and other models as they were', () =>
  soak({ build: 'simd', failures: repeats, loads: repeats / 2, runs: 10 * repeats }));

test('what JavaScript throws while C++ is under way leaves the stack as it was', async () => {
  const { engine, native } = await hostedEngine('simd');
  const canary = await makeCanary(engine);
  const download = native.beginDownload();
  const stack = native.stackSave();
  const handles = native.count_emval_handles();
  const refuse = () => {
    throw new RangeError('Array buffer allocation failed');
  };
  for (let i = 0; i < repeats; ++i) {
    for (const chunk of [
      {
        get length() {
          return refuse();
        },
      },
      {
        length: 1,
        get 0() {
          return refuse();
        },
      },
    ]) {
      assert.throws(() => download.append(chunk), { code: 'OutOfMemory', message: /Array buffer/ });
      assert.equal(native.stackSave(), stack);
    }
  }
  assert.equal(native.count_emval_handles(), handles);
  await canary.check('after refused memory');
  download.delete();
  engine.dispose();
});

test('a crash ends the engine: later and waiting calls say so, and a new engine can be made', async () => {
  const { engine, native } = await hostedEngine('simd');
  const model = await makeCanary(engine);
  // Nobody but a test can do this: what lies in the heap is written over.
  native.HEAPU8.fill(0xff);
  const calls = [1, 2, 3].map(() => model.run());
  const results = await Promise.allSettled(calls);
  assert.equal(results[0].reason.code, 'Internal');
  const gone = { code: 'Disposed', message: /crashed before .*; make a new one/ };
  for (const { reason } of results.slice(1))
    assert.throws(() => {
      throw reason;
    }, gone);
  assert.equal(engine.usable, false);
  await assert.rejects(model.run(), gone);
  await assert.rejects(loadModel(new Uint8Array(1), { engine }), gone);
  await assert.rejects(engine.heapBytes(), gone);
  model.dispose();
  engine.dispose();
  const { engine: next } = await hostedEngine('simd');
  await (await makeCanary(next)).check('in a new engine');
  next.dispose();
});

test('every call of the module goes through the place that throws', async () => {
  const { engine, native } = await hostedEngine('simd');
  const functions = Object.entries(native).filter(
    ([name, value]) => typeof value === 'function' && /^[a-z]/.test(name),
  );
  const glue = [
    'instantiateWasm',
    'print',
    'printErr',
    'count_emval_handles',
    'stackSave',
    'stackRestore',
    'takeError',
  ];
  const calls = functions.map(([name]) => name).filter((name) => !glue.includes(name));
  assert.deepEqual(calls.sort(), ['beginDownload', 'compareTensors', 'makeEngine', 'supportedOperators']);
  const classes = Object.entries(native).filter(
    ([, value]) => typeof value?.prototype?.delete === 'function',
  );
  assert.deepEqual(classes.map(([name]) => name).sort(), [
    'Calibration',
    'Download',
    'Engine',
    'KeptTensor',
    'LayerComparer',
    'Model',
    'Sequence',
  ]);
  const sources = classes.flatMap(([, { prototype }]) =>
    Object.getOwnPropertyNames(prototype)
      .filter((name) => name !== 'constructor')
      .map((name) => String(prototype[name])),
  );
  assert.ok(sources.length > 10);
  for (const source of sources) assert.match(source, /crash/);
  engine.dispose();
});
