// A quantized network gives the same bits everywhere: native scalar and SIMDe, each WebAssembly build in Node and in
// Chromium, with and without VNNI, and with every kernel of the table forced.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createServer } from 'vite';
import { loadModel } from 'octavo';
import { isolated, launchChromium } from '../support/pages.mjs';
import { builds, withEngine } from './support/engines.mjs';
import { calibrationPhotos, modelBytes, photos } from './support/networks.mjs';
import { repository } from './support/package.mjs';

const fromRepository = (path) => fileURLToPath(new URL(path, repository));
const variants = { u8: { reduceRange: false }, u7: { reduceRange: true } };

let folder;
let input;
const models = {};
const expected = {};
const inFolder = (name) => join(folder, name);

/** The output for the photo, in an engine made with `options`. */
async function runInNode(build, bytes, options) {
  return withEngine(
    build,
    async (engine) => {
      const { logits } = await (await loadModel(bytes, { engine })).run(input);
      return { info: engine.info, output: logits.data };
    },
    options,
  );
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octavo-bits-'));
  [input] = await photos(1);
  await writeFile(inFolder('input.f32'), new Uint8Array(input.data.buffer));
  const calibration = await calibrationPhotos(8);
  for (const [name, options] of Object.entries(variants)) {
    models[name] = await withEngine('simd', async (engine) => {
      const float = await loadModel(await modelBytes('efficientnet-lite0.onnx'), { engine });
      const quantized = await float.quantizeStatic({ calibration, ...options });
      assert.deepEqual(quantized.describe().quantization.islands, [], 'all of the network is in integers');
      return quantized.toOnnx();
    });
    await writeFile(inFolder(`${name}.onnx`), models[name]);
    expected[name] = (await runInNode('simd', models[name])).output;
  }
});
after(() => rm(folder, { recursive: true }));

for (const name of Object.keys(variants)) {
  for (const native of ['octavo_run_model', 'octavo_run_model_scalar']) {
    const program = fromRepository(`build/asan/${native}`);
    const skip = existsSync(program) ? false : `${program} is not built`;
    test(`${name}: ${native}`, { skip }, async () => {
      const output = inFolder(`${name}-${native}.f32`);
      await promisify(execFile)(program, [inFolder(`${name}.onnx`), inFolder('input.f32'), output]);
      const bytes = await readFile(output);
      assert.deepEqual(
        new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4),
        expected[name],
      );
    });
  }

  for (const build of builds) {
    for (const threads of [1, 2, 3]) {
      test(`${name}: ${build} build in Node, threads: ${threads}`, async () => {
        const { info, output } = await runInNode(build, models[name], { threads });
        assert.equal(info.threads, threads);
        assert.deepEqual(output, expected[name]);
      });
    }
  }

  test(`${name}: every kernel that can be forced in Node`, async (context) => {
    for (const build of builds) {
      for (const [family, rows] of Object.entries(await runnableKernels(build))) {
        for (const kernel of rows) {
          const { info, output } = await runInNode(build, models[name], {
            forcedKernels: { [family]: kernel },
          });
          const used = info.kernels.filter(
            (choice) => choice.family === family && choice.activations === name,
          );
          assert.ok(
            used.every((choice) => choice.kernel === kernel),
            `${family}=${kernel} was not used`,
          );
          assert.deepEqual(output, expected[name], `${build}: ${family}=${kernel}`);
          context.diagnostic(`${build}: ${family}=${kernel}`);
        }
      }
    }
  });
}

/** The rows of each integer family's kernels.inc that an engine accepts for every range of activations. */
async function runnableKernels(build) {
  const kernels = await withEngine(build, (engine) => engine.info.kernels);
  const families = [...new Set(kernels.map(({ family }) => family))].filter((family) =>
    family.endsWith('_s8'),
  );
  const table = {};
  for (const family of families) {
    const source = await readFile(fromRepository(`src/kernels/${family}/kernels.inc`), 'utf8');
    const rows = [...source.matchAll(/^\s*[A-Z_]+\(\s*(\w+)/gm)].map(([, row]) => row);
    assert.ok(rows.length > 1, `${family} has a table`);
    table[family] = [];
    for (const row of rows) {
      const accepted = await withEngine(build, () => true, { forcedKernels: { [family]: row } }).catch(
        (error) => error,
      );
      if (accepted === true) table[family].push(row);
      else assert.equal(accepted.code, 'InvalidOption', accepted.message);
    }
  }
  return table;
}

test('Chromium, each build, with and without VNNI', async (context) => {
  const server = await createServer({
    root: fromRepository('tests/package/page'),
    publicDir: folder,
    configFile: false,
    logLevel: 'error',
    server: {
      host: '127.0.0.1',
      port: 0,
      fs: { allow: [fromRepository('.')] },
      headers: isolated,
    },
  });
  await server.listen();
  const machines = { VNNI: [], 'no VNNI': ['--js-flags=--no-enable-avx-vnni'] };
  try {
    for (const [machine, flags] of Object.entries(machines)) {
      const browser = await launchChromium(flags);
      const page = await browser.newPage();
      await page.goto(server.resolvedUrls.local[0]);
      await page.waitForFunction(() => 'runModel' in globalThis);
      for (const build of builds) {
        for (const [name, threads] of Object.keys(variants).flatMap((variant) => [
          [variant, 1],
          [variant, 2],
        ])) {
          const { info, output } = await page.evaluate(
            ([options, model, dims]) => globalThis.runModel(options, model, '/input.f32', dims),
            [{ build, threads }, `/${name}.onnx`, input.dims],
          );
          const what = `${machine}, ${build}, ${threads} threads`;
          assert.equal(info.threads, threads, info.threadsWhy);
          context.diagnostic(`${what}: ${info.dot}; ${name} equal`);
          assert.deepEqual(Float32Array.from(output), expected[name], `${what}, ${name}`);
        }
      }
      await browser.close();
    }
  } finally {
    await server.close();
  }
});
