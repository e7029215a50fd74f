// The public API over the fake native module: everything but the arithmetic.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Tensor, compare, loadModel } from 'octavo';
import { makeFakeNative } from './support/fake_native.mjs';
import { fakeEngine } from './support/package.mjs';

const modelBytes = new TextEncoder().encode('{"scale": 2.5}');
const x = (...values) => ({ x: new Tensor('float32', values) });
const places = [{ worker: false }, { worker: true }];
const titled = ({ worker }, title) => `${worker ? 'worker' : 'local'}: ${title}`;

let folder;
let server;
let base;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octavo-test-'));
  await writeFile(join(folder, 'model.onnx'), modelBytes);
  const large = Buffer.concat([modelBytes, Buffer.alloc(300_000, ' ')]);
  const pages = {
    '/model.onnx': (_, response) =>
      response.writeHead(200, { 'content-length': modelBytes.length }).end(modelBytes),
    '/chunked.onnx': (_, response) => {
      response.write(large.subarray(0, 200_000));
      response.end(large.subarray(200_000));
    },
    '/broken.onnx': (_, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write(modelBytes);
      setTimeout(() => response.destroy(), 20);
    },
    '/slow.onnx': (_, response) => response.writeHead(200, { 'content-length': 1000 }).write(modelBytes),
  };
  server = createServer((request, response) => {
    const page = pages[request.url];
    if (page) page(request, response);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${server.address().port}`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

/** Runs `work` with an engine and checks that it leaves nothing behind. */
async function withEngine(options, work) {
  const { module, state } = makeFakeNative();
  const engine = await fakeEngine(module, options);
  try {
    await work(engine, state);
    assert.equal(await engine.liveObjects(), 0);
    assert.equal(state.models + state.calibrators, 0, 'native objects are left');
    assert.equal(state.allocated.size, 0, 'memory is left');
  } finally {
    engine.dispose();
  }
}

for (const place of places) {
  const sources = {
    Uint8Array: () => modelBytes,
    ArrayBuffer: () => modelBytes.slice().buffer,
    'view into a larger buffer': () => Buffer.concat([Buffer.alloc(3), modelBytes]).subarray(3),
    Blob: () => new Blob([modelBytes]),
    File: () => new File([modelBytes], 'mine.onnx'),
    Response: () => new Response(modelBytes),
    path: () => join(folder, 'model.onnx'),
    'file: URL': () => pathToFileURL(join(folder, 'model.onnx')),
    'http: URL': () => new URL(`${base}/model.onnx`),
    'http: string': () => `${base}/model.onnx`,
    'download of unknown size': () => `${base}/chunked.onnx`,
    'data: URL': () => `data:application/octet-stream;base64,${Buffer.from(modelBytes).toString('base64')}`,
  };
  for (const [name, source] of Object.entries(sources)) {
    test(titled(place, `loads from ${name}`), () =>
      withEngine(place, async (engine) => {
        const model = await loadModel(source(), { engine });
        const { y } = await model.run(x(1, 2));
        assert.deepEqual(y, new Tensor('float32', [2.5, 5]));
        model.dispose();
      }),
    );
  }

  test(titled(place, 'binds once for feeds of the same shapes'), () =>
    withEngine(place, async (engine, state) => {
      const model = await loadModel(modelBytes.slice(), { engine });
      for (const [sample, expected, bindings] of [
        [x(1, 2), [2.5, 5], 1],
        [x(3, 4), [7.5, 10], 1],
        [x(1), [2.5], 2],
        [x(2), [5], 2],
        [x(1, 2), [2.5, 5], 3],
      ]) {
        assert.deepEqual([...(await model.run(sample)).y.data], expected);
        assert.equal(state.bindings, bindings);
      }
      model.dispose();
    }),
  );

  test(titled(place, 'writes outputs into the tensors that it is given'), () =>
    withEngine(place, async (engine) => {
      const model = await loadModel(modelBytes.slice(), { engine });
      const outputs = { y: new Tensor('float32', [0, 0]) };
      for (const [sample, expected] of [
        [x(1, 2), [2.5, 5]],
        [x(3, 4), [7.5, 10]],
      ]) {
        const { y } = await model.run(sample, { outputs });
        assert.equal(y.data, outputs.y.data);
        assert.deepEqual([...y.data], expected);
      }
      const into = (y) => model.run(x(1, 2), { outputs: { y } });
      for (const wrong of [new Tensor('float32', [0]), new Tensor('int32', [0, 0])])
        await assert.rejects(into(wrong), {
          code: 'InvalidInput',
          message: /'y'.*Float32Array of 2 elements/,
        });
      await assert.rejects(model.run(x(1), { outputs: { z: outputs.y } }), {
        code: 'InvalidInput',
        message: /no output 'z'; there are y/,
      });
      model.dispose();
    }),
  );

  test(titled(place, 'loads into an engine that is starting'), async () => {
    const { module } = makeFakeNative();
    const starting = fakeEngine(module, place);
    const model = await loadModel(modelBytes.slice(), { engine: starting });
    assert.deepEqual([...(await model.run(x(2))).y.data], [5]);
    const engine = await starting;
    assert.equal(model.engine, engine);
    engine.dispose();
    const failure = new Error('it does not start');
    const failing = () => Promise.reject(failure);
    for (const source of [
      modelBytes.slice(),
      join(folder, 'model.onnx'),
      `${base}/model.onnx`,
      'no such file',
    ])
      await assert.rejects(loadModel(source, { engine: failing() }), failure);
  });

  test(titled(place, 'leaves the bytes of a loaded buffer alone'), () =>
    withEngine(place, async (engine) => {
      const mine = modelBytes.slice();
      const model = await loadModel(mine, { engine });
      assert.deepEqual(mine, modelBytes);
      model.dispose();
    }),
  );

  test(titled(place, 'reports a download byte by byte, then parsing'), () =>
    withEngine(place, async (engine) => {
      const seen = [];
      const model = await loadModel(`${base}/model.onnx`, {
        engine,
        onProgress: (progress) => seen.push(progress),
      });
      const total = modelBytes.length;
      assert.deepEqual(seen, [
        { phase: 'download', loaded: 0, total },
        { phase: 'download', loaded: total, total },
        { phase: 'parse', loaded: 0, total: 1 },
        { phase: 'parse', loaded: 1, total: 1 },
      ]);
      model.dispose();
    }),
  );

  test(titled(place, 'a file that is not there while the engine starts fails the call alone'), () =>
    withEngine(place, async (engine) => {
      const starting = new Promise((resolve) => setTimeout(resolve, 50, engine));
      await assert.rejects(loadModel(join(folder, 'none.onnx'), { engine: starting }), { code: 'File' });
    }),
  );

  const badSources = {
    'a missing file': [
      () => join(folder, 'none.onnx'),
      { code: 'File', message: /none\.onnx: there is no such file/ },
    ],
    'a folder': [() => folder, { code: 'File' }],
    'a missing page': [() => `${base}/none.onnx`, { code: 'Download', message: /HTTP status 404/ }],
    'a dead server': [() => 'http://127.0.0.1:1/model.onnx', { code: 'Download' }],
    'a download that breaks off': [
      () => `${base}/broken.onnx`,
      { code: 'Download', message: /broken\.onnx/ },
    ],
    'an error response': [() => new Response('gone', { status: 410 }), { code: 'Download', message: /410/ }],
    'bytes that are no model': [
      () => new File(['hello'], 'hello.txt'),
      { code: 'InvalidModel', file: 'hello.txt' },
    ],
    'no bytes': [() => new Uint8Array(0), { code: 'InvalidModel' }],
    'no source': [() => undefined, { code: 'InvalidOption' }],
  };
  for (const [name, [source, expected]] of Object.entries(badSources)) {
    test(titled(place, `refuses ${name}, and can go on`), () =>
      withEngine(place, async (engine) => {
        await assert.rejects(loadModel(source(), { engine }), { name: 'OctavoError', ...expected });
        (await loadModel(modelBytes, { engine })).dispose();
      }),
    );
  }

  test(titled(place, 'an aborted load throws the reason and frees its memory'), () =>
    withEngine(place, async (engine) => {
      const controller = new AbortController();
      const onProgress = ({ loaded }) => loaded > 0 && controller.abort();
      const load = loadModel(`${base}/slow.onnx`, { engine, signal: controller.signal, onProgress });
      await assert.rejects(load, { name: 'AbortError' });
      await assert.rejects(loadModel(modelBytes, { engine, signal: controller.signal }), {
        name: 'AbortError',
      });
    }),
  );

  test(titled(place, 'takes tensors of onnxruntime-common and object literals'), () =>
    withEngine(place, async (engine) => {
      const { Tensor: OrtTensor } = await import('onnxruntime-common');
      const model = await loadModel(modelBytes, { engine });
      const samples = [
        { x: new OrtTensor('float32', Float32Array.of(2), [1]) },
        { x: { data: Float32Array.of(2), dims: [1] } },
        { x: { type: 'float32', data: Float32Array.of(2), dims: [1] } },
        new Tensor('float32', [2]),
      ];
      for (const sample of samples) assert.deepEqual((await model.run(sample)).y.data, Float32Array.of(5));
      model.dispose();
    }),
  );

  const badFeeds = {
    'a wrong name': { z: new Tensor('float32', [1]) },
    'a wrong type': { x: new Tensor('int64', [1n]) },
    'an unknown type': { x: { type: 'complex64', data: Float32Array.of(1), dims: [1] } },
    'data of another type': { x: { type: 'float32', data: Int8Array.of(1), dims: [1] } },
    'plain numbers': { x: { type: 'float32', data: [1], dims: [1] } },
    'too few elements': { x: { type: 'float32', data: Float32Array.of(1), dims: [2] } },
    'a negative dimension': { x: { type: 'float32', data: Float32Array.of(1), dims: [-1] } },
    'no tensor': { x: null },
    'a number': 7,
    nothing: undefined,
  };
  for (const [name, feeds] of Object.entries(badFeeds)) {
    test(titled(place, `run refuses ${name}, and can go on`), () =>
      withEngine(place, async (engine) => {
        const model = await loadModel(modelBytes, { engine });
        await assert.rejects(model.run(feeds), { name: 'OctavoError', code: 'InvalidInput' });
        assert.equal((await model.run(x(2))).y.data[0], 5);
        model.dispose();
      }),
    );
  }

  test(titled(place, 'a disposed model says so; disposing twice is fine'), () =>
    withEngine(place, async (engine) => {
      const model = await loadModel(join(folder, 'model.onnx'), { engine });
      model.dispose();
      model.dispose();
      const disposed = { code: 'Disposed', message: /model\.onnx was disposed/ };
      await assert.rejects(model.run(x(1)), disposed);
      await assert.rejects(model.toOnnx(), disposed);
      await assert.rejects(model.quantizeDynamic(), disposed);
      await assert.rejects(model.quantizeStatic({ calibration: [x(1)] }), disposed);
      await assert.rejects(compare(model, model, [x(1)]), disposed);
    }),
  );

  test(titled(place, 'quantizes dynamically'), () =>
    withEngine(place, async (engine) => {
      const model = await loadModel(modelBytes, { engine });
      const quantized = await model.quantizeDynamic({ perChannel: true });
      assert.equal(quantized.describe().quantization.scheme, 'dynamic');
      assert.equal((await quantized.run(x(1))).y.data[0], 3);
      await assert.rejects(model.quantizeDynamic({ granularity: 'wrong' }), { code: 'InvalidOption' });
      quantized.dispose();
      model.dispose();
    }),
  );

  test(titled(place, 'calibrates over a stream, one sample at a time'), () =>
    withEngine(place, async (engine, state) => {
      const model = await loadModel(modelBytes, { engine });
      let taken = 0;
      async function* calibration() {
        for (; taken < 3; ++taken) {
          assert.equal(state.observed.length, taken, 'every sample is observed before the next is taken');
          yield new Tensor('float32', [taken]);
        }
      }
      const seen = [];
      const onProgress = ({ phase, loaded, total }) => seen.push([phase, loaded, total]);
      const quantized = await model.quantizeStatic({
        calibration: calibration(),
        observer: 'minmax',
        onProgress,
      });
      assert.equal(quantized.describe().quantization.scheme, 'static');
      assert.deepEqual(seen, [
        ...[0, 1, 2, 3].map((loaded) => ['calibrate', loaded, undefined]),
        ['quantize', 0, 1],
        ['quantize', 1, 1],
      ]);
      quantized.dispose();
      (await model.quantizeStatic({ calibration: [x(1)] })).dispose();
      model.dispose();
    }),
  );

  test(titled(place, 'calibration refuses bad data and options, and frees what it began'), () =>
    withEngine(place, async (engine) => {
      const model = await loadModel(modelBytes, { engine });
      const failing = function* () {
        yield x(1);
        throw new Error('no more photos');
      };
      await assert.rejects(model.quantizeStatic({ calibration: [] }), {
        code: 'InvalidData',
        message: /no calibration/,
      });
      await assert.rejects(model.quantizeStatic({ calibration: [x(NaN)] }), {
        code: 'InvalidData',
        node: 'mul',
        op: 'Mul',
      });
      await assert.rejects(model.quantizeStatic({ calibration: [{ x: 3 }] }), { code: 'InvalidInput' });
      await assert.rejects(model.quantizeStatic({ calibration: failing() }), { message: 'no more photos' });
      await assert.rejects(model.quantizeStatic({}), { code: 'InvalidOption', message: /calibration/ });
      await assert.rejects(model.quantizeStatic(), { code: 'InvalidOption' });
      model.dispose();
    }),
  );

  test(titled(place, 'an abort ends calibration and comparison between two samples'), () =>
    withEngine(place, async (engine) => {
      const model = await loadModel(modelBytes, { engine });
      for (const call of [
        (samples, options) => model.quantizeStatic({ calibration: samples, ...options }),
        (samples, options) => compare(model, model, samples, options),
      ]) {
        const controller = new AbortController();
        let taken = 0;
        const samples = function* () {
          for (; taken < 1000; ++taken) yield x(1);
        };
        setTimeout(() => controller.abort(), 5);
        await assert.rejects(call(samples(), { signal: controller.signal }), { name: 'AbortError' });
        assert.ok(taken < 1000);
      }
      model.dispose();
    }),
  );

  test(titled(place, 'an abort during quantization leaves nothing behind'), () =>
    withEngine(place, async (engine) => {
      const model = await loadModel(modelBytes, { engine });
      const controller = new AbortController();
      const quantizing = model.quantizeDynamic({ signal: controller.signal });
      controller.abort();
      await assert.rejects(quantizing, { name: 'AbortError' });
      model.dispose();
    }),
  );

  test(titled(place, 'compare sums up sizes, times and agreement'), () =>
    withEngine(place, async (engine) => {
      const model = await loadModel(modelBytes, { engine });
      const quantized = await model.quantizeDynamic();
      const seen = [];
      const onProgress = ({ phase, loaded, total }) => seen.push([phase, loaded, total]);
      // y is [2.5, 5] against [3, 5], [5, 10] against itself, and [1, 0.5] against [1, 1]: as many same top-1 as samples.
      const samples = [x(1, 2), x(2, 4), x(0.4, 0.2)];
      const report = await compare(model, quantized, samples, { repeats: 3, layers: true, onProgress });
      assert.equal(report.samples, 3);
      assert.equal(report.float.bytes, modelBytes.length);
      assert.equal(report.quantized.bytes, (await quantized.toOnnx()).byteLength);
      assert.equal(report.sizeRatio, report.quantized.bytes / report.float.bytes);
      assert.equal(report.speedup, report.float.ms / report.quantized.ms);
      for (const { ms, msBest, msQuartiles } of [report.float, report.quantized]) {
        assert.ok(msBest <= msQuartiles[0] && msQuartiles[0] <= ms && ms <= msQuartiles[1]);
      }
      const [output] = report.outputs;
      assert.deepEqual(
        { ...output, maxAbs: Math.fround(output.maxAbs), cosine: output.cosine.toFixed(4) },
        { name: 'y', cosine: '0.6667', cosineWorst: 0.5, sqnrDb: Infinity, sqnrDbWorst: 20, maxAbs: 0.5 },
      );
      assert.equal(report.top1Agreement, 1);
      assert.deepEqual(report.layers, [
        { name: 'mul', op: 'Mul', cosine: 0.5, cosineWorst: 0.5, sqnrDb: 10, sqnrDbWorst: 10, maxAbs: 1 },
      ]);
      assert.deepEqual(seen, [
        ['compile', 0, 1],
        ['compile', 1, 1],
        ...[0, 1, 2, 3].map((loaded) => ['compare', loaded, 3]),
      ]);
      await assert.rejects(compare(model, quantized, []), { code: 'InvalidData' });
      await assert.rejects(compare(model, quantized, samples, { repeats: 0 }), { code: 'InvalidOption' });
      await assert.rejects(compare(model, quantized, 3), { code: 'InvalidOption' });
      quantized.dispose();
      model.dispose();
    }),
  );

  test(titled(place, 'counts a different top-1 as disagreement'), () =>
    withEngine(place, async (engine) => {
      const model = await loadModel(modelBytes, { engine });
      const quantized = await model.quantizeDynamic();
      // [2, 2.25] rounds to [2, 2]: the first of equals is the top.
      const report = await compare(model, quantized, [x(0.8, 0.9), x(1, 2)]);
      assert.equal(report.top1Agreement, 0.5);
      quantized.dispose();
      model.dispose();
    }),
  );

  test(titled(place, 'a crash is an Internal error and ends the engine'), async () => {
    const { module } = makeFakeNative();
    const engine = await fakeEngine(module, place);
    const model = await loadModel(modelBytes, { engine });
    await assert.rejects(model.run(x(666)), { code: 'Internal', message: /crashed: unreachable/ });
    assert.equal(engine.usable, false);
    await assert.rejects(model.run(x(1)), { code: 'Disposed' });
    model.dispose();
    engine.dispose();
  });

  test(titled(place, 'a mistake that C++ has recovered from does not end the engine'), () =>
    withEngine(place, async (engine) => {
      const model = await loadModel(modelBytes, { engine });
      const mistake = model.quantizeDynamic({ granularity: 'bug' });
      await assert.rejects(mistake, { name: 'OctavoError', code: 'Internal', message: 'vector' });
      assert.equal(engine.usable, true);
      assert.deepEqual([...(await model.run(x(2))).y.data], [5]);
      model.dispose();
    }),
  );

  test(titled(place, 'a disposed engine refuses work'), async () => {
    const { module } = makeFakeNative();
    const engine = await fakeEngine(module, place);
    const model = await loadModel(modelBytes, { engine });
    engine.dispose();
    engine.dispose();
    await assert.rejects(model.run(x(1)), { code: 'Disposed' });
    await assert.rejects(loadModel(modelBytes, { engine }), { code: 'Disposed' });
    model.dispose();
  });
}

test('two models are compared in one engine only', async () => {
  const first = await fakeEngine(makeFakeNative().module);
  const second = await fakeEngine(makeFakeNative().module);
  const models = [
    await loadModel(modelBytes, { engine: first }),
    await loadModel(modelBytes, { engine: second }),
  ];
  await assert.rejects(compare(...models, [x(1)]), { code: 'InvalidOption', message: /one engine/ });
  first.dispose();
  second.dispose();
});

test('a forgotten model is freed and reported when it is garbage-collected', async (context) => {
  if (!globalThis.gc) (await import('node:v8')).setFlagsFromString('--expose-gc');
  const gc = globalThis.gc ?? (await import('node:vm')).runInNewContext('gc');
  const leaked = [];
  const { module, state } = makeFakeNative();
  const engine = await fakeEngine(module, { onLeak: (name) => leaked.push(name) });
  await (async () => {
    await loadModel(join(folder, 'model.onnx'), { engine });
  })();
  for (let i = 0; i < 50 && leaked.length === 0; ++i) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  context.diagnostic(`models alive: ${state.models}`);
  assert.deepEqual(leaked, [join(folder, 'model.onnx')]);
  await engine.liveObjects();
  assert.equal(state.models, 0);
  engine.dispose();
});

test('a tensor checks that type, data and shape fit', () => {
  assert.deepEqual(new Tensor('int64', [1, 2].map(BigInt), [2, 1]).data, BigInt64Array.of(1n, 2n));
  assert.deepEqual(new Tensor('bool', [true, false]).data, Uint8Array.of(1, 0));
  assert.deepEqual(new Tensor('float32', []).dims, [0]);
  assert.equal(new Tensor('float32', [3], []).dims.length, 0);
  const invalid = { code: 'InvalidInput' };
  assert.throws(() => new Tensor('float32', [1, 2], [3]), invalid);
  assert.throws(() => new Tensor('int64', [1.5]), invalid);
  assert.throws(() => new Tensor('float32', Float64Array.of(1)), invalid);
  assert.throws(() => new Tensor('string', ['a']), invalid);
  assert.throws(() => new Tensor('float32', [1], [1.5]), invalid);
});
