// Real engines: which build and why, several at once, memory.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createEngine, defaultEngine, loadModel } from 'octavo';
import { builds, withEngine } from './support/engines.mjs';
import { digits, modelBytes, modelFile } from './support/networks.mjs';
import { packageRoot } from './support/package.mjs';

test('says which build runs, and why', async () => {
  for (const build of builds) {
    await withEngine(build, (engine) => {
      assert.equal(engine.info.build, build);
      assert.equal(engine.info.why, 'asked for');
      assert.equal(engine.info.worker, false);
      assert.ok(engine.info.dot.length > 0);
      assert.ok(engine.info.kernels.length > 0);
      assert.ok(engine.info.kernels.every(({ family, kernel, why }) => family && kernel && why));
    });
  }
  await withEngine('auto', (engine) => {
    assert.equal(engine.info.build, 'relaxed');
    assert.match(engine.info.why, /relaxed SIMD/);
  });
});

test('without the flag of Node 20 it takes the simd build and says why', async () => {
  const program =
    "const { info } = await (await import('octavo')).createEngine(); console.log(JSON.stringify(info))";
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: packageRoot,
  });
  const { build, why } = JSON.parse(stdout);
  const flagNeeded = Number.parseInt(process.versions.node) < 22;
  assert.equal(build, flagNeeded ? 'simd' : 'relaxed');
  assert.match(why, flagNeeded ? /--experimental-wasm-relaxed-simd/ : /is supported/);
});

test('two engines live side by side', async () => {
  const [first, second] = [await createEngine({ build: 'simd' }), await createEngine({ build: 'relaxed' })];
  const models = await Promise.all(
    [first, second].map((engine) => loadModel(modelFile('mnist.onnx'), { engine })),
  );
  const batch = await digits('mnist-test-images.npy', 0, 4);
  const [a] = await Promise.all(models.map((model) => model.run(batch)));
  first.dispose();
  await assert.rejects(models[0].run(batch), { code: 'Disposed' });
  const b = await models[1].run(batch);
  a.logits.data.forEach((value, i) => assert.ok(Math.abs(value - b.logits.data[i]) < 1e-3));
  second.dispose();
});

test('the default engine is shared, and replaced when it was disposed', async () => {
  const first = await defaultEngine();
  assert.equal(await defaultEngine(), first);
  const model = await loadModel(await modelBytes('mnist.onnx'));
  assert.equal(model.engine, first);
  first.dispose();
  assert.notEqual(await defaultEngine(), first);
  (await defaultEngine()).dispose();
});

test('a failed start can be tried again', async () => {
  await assert.rejects(createEngine({ wasmUrl: new URL('nowhere/', import.meta.url) }), {
    code: 'EngineStart',
  });
  const engine = await createEngine({ wasmUrl: new URL('dist/engine/', packageRoot) });
  engine.dispose();
});

test('takes the .wasm from where it is told', async () => {
  const file = pathToFileURL(modelFile('../web/package/dist/engine/engine-simd.wasm'));
  const engine = await createEngine({ build: 'simd', wasmUrl: file });
  assert.equal(engine.info.build, 'simd');
  engine.dispose();
});

test('a forced kernel runs, and gives the same answer', async () => {
  const batch = await digits('mnist-test-images.npy', 0, 4);
  const onnx = await withEngine('relaxed', async (engine) => {
    const model = await loadModel(modelFile('mnist.onnx'), { engine });
    return (await model.quantizeStatic({ calibration: [batch] })).toOnnx();
  });
  const run = (forcedKernels) =>
    withEngine(
      'relaxed',
      async (engine) => {
        const { logits } = await (await loadModel(onnx, { engine })).run(batch);
        return { kernels: engine.info.kernels, data: logits.data };
      },
      forcedKernels && { forcedKernels },
    );
  const free = await run();
  const forced = await run({ gemm_s8: 'simd_dot_i16x8' });
  const inFamily = forced.kernels.filter(({ family }) => family === 'gemm_s8');
  assert.deepEqual([...new Set(inFamily.map(({ kernel }) => kernel))], ['simd_dot_i16x8']);
  assert.ok(inFamily.every(({ why }) => why === 'forced'));
  assert.deepEqual(forced.data, free.data);
});

test('a disposed engine gives its memory back though its models are held on to', async () => {
  if (!globalThis.gc) (await import('node:v8')).setFlagsFromString('--expose-gc');
  const gc = globalThis.gc ?? (await import('node:vm')).runInNewContext('gc');
  const { instantiate } = WebAssembly;
  const memories = [];
  WebAssembly.instantiate = async (module, imports) => {
    const instance = await instantiate(module, imports);
    const memory = Object.values(instance.exports).find((value) => value instanceof WebAssembly.Memory);
    memories.push(new WeakRef(memory));
    return instance;
  };
  const engine = await createEngine({ build: 'simd', threads: 1 });
  WebAssembly.instantiate = instantiate;
  const model = await loadModel(modelFile('mnist.onnx'), { engine });
  assert.equal(memories.length, 1);
  engine.dispose();
  // Who has looked at a weak reference keeps what it refers to until the end of the task.
  let memory = memories[0];
  for (let i = 0; i < 50 && memory; ++i) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    gc();
    memory = memories[0].deref();
  }
  assert.equal(memory, undefined);
  await assert.rejects(model.run(await digits('mnist-test-images.npy', 0, 1)), { code: 'Disposed' });
});

test('disposing gives the memory back', async () => {
  await withEngine('simd', async (engine) => {
    const bytes = await modelBytes('resnet18-quarter.onnx');
    const cycle = async () => {
      const model = await loadModel(bytes, { engine });
      const quantized = await model.quantizeDynamic();
      quantized.dispose();
      model.dispose();
    };
    for (let i = 0; i < 3; ++i) await cycle();
    const before = await engine.heapBytes();
    for (let i = 0; i < 20; ++i) await cycle();
    assert.equal(await engine.heapBytes(), before);
    assert.equal(await engine.liveObjects(), 0);
  });
});

test('a profile names every step and its time', async () => {
  await withEngine('simd', async (engine) => {
    const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
    const steps = await model.profile(await digits('mnist-test-images.npy', 0, 1), { repeats: 3 });
    assert.equal(steps.filter(({ op }) => op === 'Conv').length, 2);
    assert.equal(new Set(steps.map(({ node }) => node)).size, steps.length);
    for (const { ms } of steps) assert.ok(Number.isFinite(ms) && ms >= 0);
    const none = { code: 'InvalidOption', message: /repeats/ };
    await assert.rejects(model.profile(await digits('mnist-test-images.npy', 0, 1), { repeats: 0 }), none);
  });
});
