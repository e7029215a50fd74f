// octavo/onnxruntime: what onnxruntime-common and onnxruntime-web promise of sessions, tensors and runs, on Octavo.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as common from 'onnxruntime-common';
import * as web from 'onnxruntime-web';
import { createEngine } from 'octavo';
import ort, * as octavo from 'octavo/onnxruntime';
import { modelBytes, modelFile, digits } from './support/networks.mjs';
import { largestDifference } from './support/numbers.mjs';
import { onnxFile } from './support/onnx_model.mjs';

const { InferenceSession, Tensor, env } = octavo;
web.env.wasm.numThreads = 1;

const decoder = new URL('../fixtures/pytorch/decoder/plain.onnx', import.meta.url);
const transformer = new URL('../fixtures/microsoft/attention_past.onnx', import.meta.url);

/** `c` is the product of `a` and `b`, of any number of rows; `d` twice that. */
const product = onnxFile({
  inputs: [
    { name: 'a', dims: ['rows', 4] },
    { name: 'b', dims: [4, 3] },
  ],
  outputs: [
    { name: 'c', dims: ['rows', 3] },
    { name: 'd', dims: ['rows', 3] },
  ],
  nodes: [
    { op: 'MatMul', inputs: ['a', 'b'], outputs: ['c'] },
    { op: 'Add', inputs: ['c', 'c'], outputs: ['d'] },
  ],
});
const a = () =>
  new Tensor(
    'float32',
    Float32Array.from({ length: 12 }, (_, i) => i + 1),
    [3, 4],
  );
const b = () =>
  new Tensor(
    'float32',
    Float32Array.from({ length: 12 }, (_, i) => 10 * (i + 1)),
    [4, 3],
  );
const feeds = () => ({ a: a(), b: b() });
const c = [700, 800, 900, 1580, 1840, 2100, 2460, 2880, 3300];
const d = c.map((value) => 2 * value);

/** What is said on the console while `work` runs. */
async function warningsOf(work) {
  const said = [];
  const { warn } = console;
  console.warn = (...words) => said.push(words.join(' '));
  try {
    await work();
  } finally {
    console.warn = warn;
  }
  return said;
}

test('has every member that onnxruntime-web has, and the very tensors', () => {
  const missing = Object.keys(web).filter((name) => !(name in octavo));
  assert.deepEqual(missing, []);
  assert.equal(octavo.Tensor, common.Tensor);
  assert.equal(octavo.env, common.env);
  for (const name of Object.keys(web.default)) assert.ok(name in ort, name);
  assert.equal(ort.InferenceSession, InferenceSession);
});

test('a session is made of a path, a URL, bytes, a buffer and a part of one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'octavo-drop-in-'));
  after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'model.onnx');
  await writeFile(path, product);
  const padded = new Uint8Array(product.length + 20);
  padded.set(product, 7);
  const shared = new SharedArrayBuffer(product.length);
  new Uint8Array(shared).set(product);
  const whole = product.slice().buffer;
  const tail = padded.slice(0, 7 + product.length).buffer;
  for (const how of [
    [path],
    [pathToFileURL(path)],
    [pathToFileURL(path).href],
    [product],
    [whole],
    [whole, {}],
    [shared],
    [tail, 7],
    [padded.buffer, 7, product.length],
    [padded.buffer, 7, product.length, { executionProviders: ['wasm'] }],
  ]) {
    const session = await InferenceSession.create(...how);
    assert.ok(session instanceof InferenceSession && session instanceof common.InferenceSession);
    assert.deepEqual(
      [session.inputNames, session.outputNames],
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    );
    const made = await session.run(feeds());
    assert.ok(made.c instanceof Tensor);
    assert.deepEqual([[...made.c.data], [...made.c.dims], made.c.type], [c, [3, 3], 'float32']);
    await session.release();
  }
});

test('wrong arguments are refused as onnxruntime-web refuses them', async () => {
  const bytes = new ArrayBuffer(8);
  const wrong = [
    [],
    [5],
    [null],
    [[1, 2]],
    ['x', 5],
    [product, 'x'],
    [bytes, 'x'],
    [bytes, -1],
    [bytes, 8],
    [bytes, 1.5],
    [bytes, 1, 8],
    [bytes, 1, 0],
    [bytes, 1, 'x'],
    [bytes, 1, 1, 'x'],
    [product, { executionProviders: ['webgl'] }],
    [product, { executionProviders: [{ name: 'none' }] }],
  ];
  const failure = (runtime, args) =>
    runtime.InferenceSession.create(...args).then(
      () => undefined,
      ({ name, message }) => ({ name, message }),
    );
  for (const args of wrong) {
    const expected = await failure(web, args);
    assert.ok(expected);
    assert.deepEqual(await failure(octavo, args), expected);
  }
});

test('wrong feeds, fetches and options are refused as onnxruntime-web refuses them', async () => {
  const sessions = [
    await web.InferenceSession.create(product, { executionProviders: ['wasm'] }),
    await InferenceSession.create(product),
  ];
  const wrong = [
    [],
    [null],
    [a()],
    [[a()]],
    [{ a: a() }],
    [feeds(), 5],
    [feeds(), null],
    [feeds(), a()],
    [feeds(), []],
    [feeds(), [5]],
    [feeds(), ['x']],
    [feeds(), ['c'], 5],
    [feeds(), { c: null }, 5],
  ];
  for (const args of wrong) {
    const [expected, said] = await Promise.all(
      sessions.map((session) =>
        session.run(...args).then(
          () => undefined,
          ({ name, message }) => ({ name, message }),
        ),
      ),
    );
    assert.ok(expected);
    assert.deepEqual(said, expected);
  }
});

test('metadata are those of onnxruntime-web, with dimensions that are set for good', async () => {
  for (const bytes of [
    product,
    await readFile(decoder),
    await readFile(transformer),
    await modelBytes('mnist.onnx'),
  ]) {
    const expected = await web.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
    const session = await InferenceSession.create(bytes);
    for (const each of ['inputNames', 'outputNames', 'inputMetadata', 'outputMetadata'])
      assert.deepEqual(session[each], expected[each]);
  }
  const session = await InferenceSession.create(product, { freeDimensionOverrides: { rows: 3, other: 5 } });
  assert.deepEqual(session.inputMetadata[0].shape, [3, 4]);
  assert.deepEqual(session.outputMetadata[1].shape, [3, 3]);
});

test('fetches: by name, by null, and tensors that are written', async () => {
  const session = await InferenceSession.create(product);
  assert.deepEqual(Object.keys(await session.run(feeds(), ['d'])), ['d']);
  assert.deepEqual(Object.keys(await session.run(feeds(), { d: null })), ['d']);
  assert.deepEqual(Object.keys(await session.run(feeds(), { tag: 'options' })), ['c', 'd']);
  const mine = new Tensor('float32', new Float32Array(9), [3, 3]);
  const made = await session.run(feeds(), { c: mine, d: null });
  assert.equal(made.c, mine);
  assert.deepEqual([[...mine.data], [...made.d.data]], [c, d]);
  const small = new Tensor('float32', new Float32Array(3), [3]);
  await assert.rejects(session.run(feeds(), { c: small }), { code: 'InvalidInput', message: /'c'/ });
  assert.deepEqual([...(await session.run(feeds())).c.data], c);
});

test('errors say which node, operator and shapes, and the session stays usable', async () => {
  const session = await InferenceSession.create(product);
  const wide = new Tensor('float32', new Float32Array(15), [5, 3]);
  await assert.rejects(session.run({ a: a(), b: wide }), {
    code: 'InvalidInput',
    message: /'b'.*\[5,3\].*\[4,3\]|'b'.*\[4,3\].*\[5,3\]/,
  });
  await assert.rejects(session.run({ a: new Tensor(['x', 'y'], [2]), b: b() }), /'a' is a tensor of strings/);
  await assert.rejects(session.run({ ...feeds(), e: a() }), { code: 'InvalidInput', message: /'e'/ });
  assert.deepEqual([...(await session.run(feeds())).d.data], d);
  await assert.rejects(InferenceSession.create(new Uint8Array(100).fill(42)), { code: 'InvalidModel' });
  await assert.rejects(InferenceSession.create('/none/such.onnx'), { code: 'File' });
});

test('sessions are made, run and run again at the same time', async () => {
  const sessions = await Promise.all(Array.from({ length: 10 }, () => InferenceSession.create(product)));
  const runs = sessions.flatMap((session) => [1, 2, 3].map(() => session.run(feeds())));
  for (const made of await Promise.all(runs)) assert.deepEqual([...made.c.data], c);
  // Feeds are those of the call, whatever becomes of their arrays.
  const mine = a();
  const running = [sessions[0].run(feeds()), sessions[0].run({ a: mine, b: b() })];
  mine.data.fill(0);
  for (const made of await Promise.all(running)) assert.deepEqual([...made.c.data], c);
  for (const session of sessions) await session.release();
  await assert.rejects(sessions[0].run(feeds()), { code: 'Disposed' });
});

test('what has no meaning here is said once, and not at all where only errors are wanted', async () => {
  const create = (options) => () => InferenceSession.create(product, options);
  env.logLevel = 'error';
  assert.deepEqual(await warningsOf(create({ executionMode: 'parallel' })), []);
  env.logLevel = 'warning';
  assert.match((await warningsOf(create({ executionMode: 'parallel' }))).join(), /'executionMode'/);
  assert.deepEqual(await warningsOf(create({ executionMode: 'parallel' })), []);
  const usual = { graphOptimizationLevel: 'all', enableMemPattern: true, logSeverityLevel: 3 };
  assert.deepEqual(await warningsOf(create({ executionProviders: ['wasm'], ...usual })), []);
  const fallback = await warningsOf(create({ executionProviders: ['webgpu', 'wasm'] }));
  assert.match(fallback.join(), /"webgpu".*not available/);
  env.wasm.wasmPaths = '/somewhere/';
  assert.match((await warningsOf(create({}))).join(), /wasmPaths/);
  delete env.wasm.wasmPaths;
  await assert.rejects(
    create({ preferredOutputLocation: 'texture' }),
    /'texture' is not possible.*gpu-buffer/,
  );
});

test('external data: by path, by bytes', async () => {
  const external = { location: 'weights.bin', offset: 0, length: 8 };
  const model = onnxFile({
    inputs: [{ name: 'x', dims: [2] }],
    outputs: [{ name: 'y', dims: [2] }],
    nodes: [{ op: 'Mul', inputs: ['x', 'w'], outputs: ['y'] }],
    constants: [{ name: 'w', dims: [2], external }],
  });
  const weights = new Uint8Array(Float32Array.of(3, 5).buffer);
  const folder = await mkdtemp(join(tmpdir(), 'octavo-drop-in-'));
  after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'weights.bin'), weights);
  await writeFile(join(folder, 'model.onnx'), model);
  for (const [source, externalData] of [
    [model, [{ path: './weights.bin', data: weights }]],
    [model, [{ path: 'weights.bin', data: join(folder, 'weights.bin') }]],
    [model, [{ path: 'weights.bin', data: new Blob([weights]) }]],
    [join(folder, 'model.onnx'), undefined],
  ]) {
    const session = await InferenceSession.create(source, externalData && { externalData });
    const { y } = await session.run({ x: new Tensor('float32', [1, 2], [2]) });
    assert.deepEqual([...y.data], [3, 10]);
  }
});

for (const worker of [false, true]) {
  test(`outputs that stay in the engine come back as inputs${worker ? ', from a worker' : ''}`, async () => {
    const engine = await createEngine({ worker, build: 'simd' });
    after(() => engine.dispose());
    const bytes = await readFile(decoder);
    const plain = await InferenceSession.create(bytes, { octavo: { engine } });
    const keeping = await InferenceSession.create(bytes, { octavo: { engine, keepOutputs: /^present/ } });
    const ids = (tokens) => new Tensor('int64', BigInt64Array.from(tokens, BigInt), [1, tokens.length]);
    const nothing = plain.inputMetadata
      .filter(({ name }) => name.startsWith('past'))
      .map(({ name, shape }) => [name, new Tensor('float32', [], [1, shape[1], 0, shape[3]])]);
    const [past, kept] = [Object.fromEntries(nothing), Object.fromEntries(nothing)];
    const before = await engine.liveObjects();
    for (const tokens of [[1, 2, 3], [4], [5, 6]]) {
      const expected = await plain.run({ input_ids: ids(tokens), ...past });
      const made = await keeping.run({ input_ids: ids(tokens), ...kept });
      assert.equal(made.logits.location, 'cpu');
      assert.deepEqual([...made.logits.data], [...expected.logits.data]);
      const used = Object.values(kept);
      for (const { name } of plain.outputMetadata.filter((each) => each.name.startsWith('present'))) {
        assert.equal(made[name].location, 'gpu-buffer');
        assert.throws(() => made[name].data);
        assert.deepEqual(made[name].dims, expected[name].dims);
        past[name.replace('present', 'past')] = expected[name];
        kept[name.replace('present', 'past')] = made[name];
      }
      for (const tensor of used) if (tensor.location === 'gpu-buffer') tensor.dispose();
      assert.equal(await engine.liveObjects(), before + 4);
    }
    // What is fed after them, of the same shapes, leaves them as they are; a session may hold on to what is disposed of.
    const zeros = Object.entries(past).map(([name, { data, dims }]) => [
      name,
      new Tensor('float32', new Float32Array(data.length), dims),
    ]);
    const [first, second] = [
      await keeping.run({ input_ids: ids([7]), ...kept }),
      await plain.run({ input_ids: ids([7]), ...past }),
    ];
    assert.deepEqual([...first.logits.data], [...second.logits.data]);
    const empty = await keeping.run({ input_ids: ids([7]), ...Object.fromEntries(zeros) });
    assert.notDeepEqual([...empty.logits.data], [...first.logits.data]);
    for (const made of [first, empty])
      for (const tensor of Object.values(made)) if (tensor.location === 'gpu-buffer') tensor.dispose();
    // They go to another engine's session, too, and to whoever wants to see them.
    const other = await InferenceSession.create(bytes);
    const [there, here] = await Promise.all([
      other.run({ input_ids: ids([7]), ...kept }),
      plain.run({ input_ids: ids([7]), ...past }),
    ]);
    assert.ok(largestDifference(here.logits.data, there.logits.data) < 1e-5);
    for (const [name, tensor] of Object.entries(kept)) {
      assert.deepEqual([...(await tensor.getData(true))], [...past[name].data]);
      assert.equal(tensor.location, 'cpu');
    }
    assert.equal(await engine.liveObjects(), before);
  });
}

test('16-bit floats go in and come out', async () => {
  const half = onnxFile({
    inputs: [{ name: 'x', type: 'float16', dims: [2] }],
    outputs: [{ name: 'y', type: 'float16', dims: [2] }],
    nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }],
  });
  const session = await InferenceSession.create(half);
  const { y } = await session.run({ x: new Tensor('float16', Uint16Array.of(0x3c00, 0x4000), [2]) });
  assert.deepEqual([y.type, [...new Uint16Array(y.data.buffer)]], ['float16', [0x4000, 0x4400]]);
});

test('quantizes as it loads', async () => {
  const bytes = await modelBytes('mnist.onnx');
  const pictures = await digits('mnist-test-images.npy', 0, 8);
  const calibration = [await digits('mnist-calibration-images.npy', 0, 16)];
  const run = async (options) => {
    const session = await InferenceSession.create(bytes, options);
    const [input] = session.inputNames;
    const made = await session.run({ [input]: new Tensor('float32', pictures.data, [...pictures.dims]) });
    await session.release();
    return made[session.outputNames[0]].data;
  };
  const float = await run({});
  const scale = Math.max(...float.map(Math.abs));
  for (const octavoOptions of [
    { quantize: 'dynamic' },
    { quantize: 'static', calibration },
    { quantize: 'weights', bits: 4 },
  ]) {
    const difference = largestDifference(float, await run({ octavo: octavoOptions })) / scale;
    assert.ok(difference > 0 && difference < 0.2, `${octavoOptions.quantize}: ${difference}`);
  }
  await assert.rejects(run({ octavo: { quantize: 'dinamic' } }), {
    code: 'InvalidOption',
    message: /dinamic/,
  });
  await assert.rejects(run({ octavo: { quantize: 'dynamic', bits: 4 } }), { code: 'InvalidOption' });
});

test("is the provider 'octavo' for who keeps onnxruntime-common, beside onnxruntime-web", async () => {
  const session = await common.InferenceSession.create(product, { executionProviders: ['octavo'] });
  assert.deepEqual([...(await session.run(feeds())).c.data], c);
  // Its own default stays onnxruntime-web's, which says so in its errors.
  await assert.rejects(common.InferenceSession.create(new Uint8Array(100).fill(42)), /ERROR_CODE|protobuf/i);
});

test('profiling prints the slowest nodes first', async () => {
  const session = await InferenceSession.create(modelFile('mnist.onnx'));
  const [input] = session.inputNames;
  const { data, dims } = await digits('mnist-test-images.npy', 0, 1);
  const { table } = console;
  let printed;
  console.table = (rows) => (printed = rows);
  try {
    session.startProfiling();
    for (let i = 0; i < 3; ++i) await session.run({ [input]: new Tensor('float32', data, [...dims]) });
    session.endProfiling();
  } finally {
    console.table = table;
  }
  assert.ok(printed.length > 3 && printed.every(({ node, ms }) => node && ms > 0));
  assert.deepEqual(
    printed,
    [...printed].sort((x, y) => y.ms - x.ms),
  );
});
