// Engines with threads: how many and why, the same answers on any number, and a process that ends.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Tensor, createEngine, loadModel } from 'octavo';
import { builds, withEngine } from './support/engines.mjs';
import { hostedEngine } from './support/hosted.mjs';
import { modelFile, networks } from './support/networks.mjs';
import { inner, packageRoot } from './support/package.mjs';

const { Team, answerWithin } = await inner('threads.js');

test('as many threads as are asked for; by default those of the machine, at most 4', async () => {
  for (const build of builds) {
    for (const threads of [1, 2, 3]) {
      await withEngine(
        build,
        ({ info }) => {
          assert.equal(info.threads, threads);
          assert.equal(info.threadsWhy, 'asked for');
        },
        { threads },
      );
    }
    await withEngine(build, ({ info }) => {
      assert.equal(info.threads, Math.min(availableParallelism(), 4));
      assert.match(info.threadsWhy, /core/);
    });
  }
});

test('a number of threads that cannot be is refused', async () => {
  for (const threads of [0, -1, 1.5, 65, 1e9, NaN, Infinity, null, '2', 'many', {}, [2]]) {
    await assert.rejects(createEngine({ threads }), { code: 'InvalidOption', message: /threads/ });
  }
});

test('without shared memory, or without its .wasm, there is one thread, and the engine says why', async () => {
  const { SharedArrayBuffer } = globalThis;
  delete globalThis.SharedArrayBuffer;
  try {
    await withEngine('simd', ({ info }) => {
      assert.equal(info.threads, 1);
      assert.match(info.threadsWhy, /shares no memory between threads/);
    });
  } finally {
    globalThis.SharedArrayBuffer = SharedArrayBuffer;
  }
  const wasmUrl = new URL('dist/engine/engine-simd.wasm', packageRoot);
  await withEngine(
    'simd',
    ({ info }) => {
      assert.equal(info.threads, 1);
      assert.match(info.threadsWhy, /wasmUrl/);
    },
    { wasmUrl, threads: 2 },
  );
});

test('a thread that never answers is gone without', async () => {
  let ended = 0;
  const silent = () => ({ begin: () => new Promise(() => {}), end: () => ++ended });
  const team = new Team(3, silent);
  const { engine } = await hostedEngine('simd-threads', { team });
  assert.equal(engine.info.threads, 1);
  assert.match(
    engine.info.threadsWhy,
    /a thread's worker does not start: it does not answer within 5 seconds/,
  );
  const model = await loadModel(modelFile('mnist.onnx'), { engine });
  const { logits } = await model.run(new Tensor('float32', new Float32Array(784), [1, 1, 28, 28]));
  assert.equal(logits.data.length, 10);
  team.end();
  assert.equal(ended, 2);
});

test('an answer that comes is not waited for any longer, and a process ends then', async () => {
  const begin = performance.now();
  assert.equal(await answerWithin(30, Promise.resolve('here')), 'here');
  await assert.rejects(answerWithin(30, Promise.reject(new Error('no'))), /^Error: no$/);
  await assert.rejects(answerWithin(0.5, new Promise(() => {})), /does not answer within 0.5 seconds/);
  assert.ok(performance.now() - begin < 20_000);
});

const bits = ({ data }) => Buffer.from(data.slice().buffer).toString('base64');

test('float and int8 networks give the same bits on 1, 2 and 3 threads', async () => {
  for (const { file, input, output, samples } of networks) {
    const inputs = await samples();
    const outputsOf = (threads) =>
      withEngine(
        'relaxed',
        async (engine) => {
          const float = await loadModel(modelFile(file), { engine });
          const calibration = [{ [input]: inputs[0] }];
          const models = {
            float,
            static: await float.quantizeStatic({ calibration }),
            dynamic: await float.quantizeDynamic(),
          };
          const outputs = {};
          for (const [name, model] of Object.entries(models)) {
            outputs[name] = [];
            for (const x of inputs.slice(0, 2))
              outputs[name].push(bits((await model.run({ [input]: x }))[output]));
          }
          return outputs;
        },
        { threads },
      );
    const expected = await outputsOf(1);
    for (const threads of [2, 3])
      assert.deepEqual(await outputsOf(threads), expected, `${file}, ${threads} threads`);
  }
});

test('two engines with threads compute side by side', async () => {
  const engines = await Promise.all([createEngine({ threads: 2 }), createEngine({ threads: 3 })]);
  const { file, input, output, samples } = networks[0];
  const [x] = await samples();
  const models = await Promise.all(engines.map((engine) => loadModel(modelFile(file), { engine })));
  const outputs = await Promise.all(models.map(async (model) => (await model.run({ [input]: x }))[output]));
  assert.equal(bits(outputs[0]), bits(outputs[1]));
  engines.forEach((engine) => engine.dispose());
});

test('a process ends when its work is done, whether it disposes of the engine or not', async () => {
  for (const ending of ['engine.dispose()', '']) {
    const program = `const { createEngine } = await import('octavo');
      const engine = await createEngine({ threads: 3 }); console.log(engine.info.threads); ${ending}`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      cwd: packageRoot,
      timeout: 60_000,
    });
    assert.equal(stdout.trim(), '3');
  }
});
