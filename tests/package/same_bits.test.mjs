// A quantized network gives the same bits everywhere: native scalar and SIMDe, each WebAssembly build in Node, in
// Chromium with and without VNNI, in Firefox and in WebKit, and with every kernel of the table forced.
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
import { loadModel, Tensor } from 'octavo';
import { readNpy } from 'octavo/node';
import { startWebkitDriver, whyNoWebkit } from '../../tools/lib/webkit_driver.mjs';
import { isolated, launchChromium, launchFirefox, whyNoFirefox } from '../support/pages.mjs';
import { builds, withEngine } from './support/engines.mjs';
import { onnxFile } from './support/onnx_model.mjs';
import { calibrationPhotos, modelBytes, photos } from './support/networks.mjs';
import { repository } from './support/package.mjs';
import { randomFrom } from './support/random.mjs';

const fromRepository = (path) => fileURLToPath(new URL(path, repository));

const fixture = (path) => fromRepository(`tests/fixtures/pytorch/${path}`);
const fixtureInput = (name) => readNpy(fixture(`${name}-input.npy`));

/** Each network: `make` gives its file and its input. */
const networks = {
  u8: { make: () => classifier({}) },
  u7: { make: () => classifier({ reduceRange: true }) },
  LSTM: { make: () => dynamic('recurrent/lstm-deep') },
  GRU: { make: () => dynamic('recurrent/gru-deep') },
  transformer: { make: () => dynamic('transformer/encoder') },
  int4: { make: fourBits },
};

/** A product of integers with weights of 4 bits in blocks, and one of floats. */
function fourBits() {
  const [rows, depth, columns, block] = [5, 160, 72, 32];
  const { below } = randomFrom(4);
  const floats = (length) => Float32Array.from({ length }, () => below(2001) / 1000 - 1);
  const weights = (name, k, n) => [
    { name, type: 'int8', dims: [k, n], data: Int8Array.from({ length: k * n }, () => below(16) - 8) },
    {
      name: `${name}_scale`,
      dims: [Math.ceil(k / block), n],
      data: floats(Math.ceil(k / block) * n).map(Math.abs),
    },
  ];
  const dequantize = (name) => ({
    op: 'DequantizeLinear',
    inputs: [name, `${name}_scale`],
    outputs: [`${name}_real`],
    attributes: { axis: 0, block_size: block },
  });
  const graph = {
    inputs: [{ name: 'x', dims: [rows, depth] }],
    outputs: [{ name: 'y', dims: [rows, depth] }],
    constants: [...weights('w', depth, columns), ...weights('v', columns, depth)],
    nodes: [
      { op: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['q', 's', 'z'] },
      { op: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['d'] },
      dequantize('w'),
      dequantize('v'),
      { op: 'MatMul', inputs: ['d', 'w_real'], outputs: ['h'] },
      { op: 'MatMul', inputs: ['h', 'v_real'], outputs: ['y'] },
    ],
  };
  return { bytes: onnxFile(graph, 21), input: new Tensor('float32', floats(rows * depth), [rows, depth]) };
}

/** The photos' network, quantized statically. */
async function classifier(options) {
  const [input] = await photos(1);
  const calibration = await calibrationPhotos(8);
  const bytes = await withEngine('simd', async (engine) => {
    const float = await loadModel(await modelBytes('efficientnet-lite0.onnx'), { engine });
    const quantized = await float.quantizeStatic({ calibration, ...options });
    const { islands } = quantized.describe().quantization;
    assert.deepEqual(islands, [], 'all of the network is in integers');
    return quantized.toOnnx();
  });
  return { bytes, input };
}

/** A network of PyTorch's, quantized dynamically. */
async function dynamic(name) {
  const bytes = await withEngine('simd', async (engine) => {
    const float = await loadModel(fixture(`${name}.onnx`), { engine });
    return (await float.quantizeDynamic()).toOnnx();
  });
  return { bytes, input: await fixtureInput(name) };
}

let folder;
const inFolder = (name) => join(folder, name.replaceAll(' ', '-'));

/** The first output, in an engine made with `options`. */
async function runInNode(build, { bytes, input }, options) {
  return withEngine(
    build,
    async (engine) => {
      const [output] = Object.values(await (await loadModel(bytes, { engine })).run(input));
      return { info: engine.info, output: output.data };
    },
    options,
  );
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octavo-bits-'));
  for (const [name, network] of Object.entries(networks)) {
    Object.assign(network, await network.make());
    await writeFile(inFolder(`${name}.onnx`), network.bytes);
    await writeFile(inFolder(`${name}.f32`), new Uint8Array(network.input.data.buffer));
    network.expected = (await runInNode('simd', network)).output;
    assert.ok(
      network.expected.some((element) => element !== network.expected[0]),
      `${name} has an output that says something`,
    );
  }
});
after(() => rm(folder, { recursive: true }));

for (const [name, network] of Object.entries(networks)) {
  for (const native of ['octavo_run_model', 'octavo_run_model_scalar']) {
    const program = fromRepository(`build/asan/${native}`);
    const skip = existsSync(program) ? false : `${program} is not built`;
    test(`${name}: ${native}`, { skip }, async () => {
      const output = inFolder(`${name}-${native}.f32`);
      await promisify(execFile)(program, [inFolder(`${name}.onnx`), inFolder(`${name}.f32`), output]);
      const bytes = await readFile(output);
      assert.deepEqual(
        new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4),
        network.expected,
      );
    });
  }

  for (const build of builds) {
    for (const threads of [1, 2, 3]) {
      test(`${name}: ${build} build in Node, threads: ${threads}`, async () => {
        const { info, output } = await runInNode(build, network, { threads });
        assert.equal(info.threads, threads);
        assert.deepEqual(output, network.expected);
      });
    }
  }

  test(`${name}: every kernel that can be forced in Node`, async (context) => {
    for (const build of builds) {
      for (const [family, rows] of Object.entries(await runnableKernels(build))) {
        for (const kernel of rows) {
          const { info, output } = await runInNode(build, network, {
            forcedKernels: { [family]: kernel },
          });
          const used = info.kernels.filter(
            (choice) => choice.family === family && choice.activations === (name === 'u7' ? 'u7' : 'u8'),
          );
          assert.ok(
            used.every((choice) => choice.kernel === kernel),
            `${family}=${kernel} was not used`,
          );
          assert.deepEqual(output, network.expected, `${build}: ${family}=${kernel}`);
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
    /_s[48]$/.test(family),
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

/** A page of Chromium's or Firefox's: puppeteer and playwright speak alike. */
async function openPage(browser, url) {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction(() => 'runModel' in globalThis);
  const run = (...call) => page.evaluate((given) => globalThis.runModel(...given), call);
  return { run, close: () => browser.close() };
}

/** A page of WebKit's. */
async function openWebkit(url) {
  const driver = await startWebkitDriver();
  const browser = await driver.open();
  await browser.manage().setTimeouts({ script: 60_000 });
  await browser.get(url);
  await browser.wait(() => browser.executeScript('return "runModel" in globalThis'), 60_000);
  const run = async (...call) => {
    const { answer, error } = await browser.executeAsyncScript(
      `const done = arguments[1];
       runModel(...arguments[0]).then((answer) => done({ answer }), (error) => done({ error: String(error) }));`,
      call,
    );
    if (error) throw new Error(error);
    return answer;
  };
  const close = async () => {
    await browser.quit();
    driver.close();
  };
  return { run, close };
}

const threadCounts = [1, 2];

/** Where a page runs, and which builds run there with how many threads. */
const machines = {
  'Chromium with VNNI': { builds, open: async (url) => openPage(await launchChromium(), url) },
  'Chromium without VNNI': {
    builds,
    open: async (url) => openPage(await launchChromium(['--js-flags=--no-enable-avx-vnni']), url),
  },
  Firefox: { builds, skip: whyNoFirefox, open: async (url) => openPage(await launchFirefox(), url) },
  WebKit: { builds: ['simd'], threads: [1], skip: whyNoWebkit() ?? false, open: openWebkit },
};

/** Serves the page of tests and the networks while `use` runs. */
async function withPage(use) {
  const server = await createServer({
    root: fromRepository('tests/package/page'),
    publicDir: folder,
    configFile: false,
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, fs: { allow: [fromRepository('.')] }, headers: isolated },
  });
  await server.listen();
  try {
    await use(server.resolvedUrls.local[0]);
  } finally {
    await server.close();
  }
}

for (const [machine, { skip, open, builds: run, threads: counts = threadCounts }] of Object.entries(
  machines,
)) {
  test(machine, { skip }, (context) =>
    withPage(async (url) => {
      const page = await open(url);
      try {
        for (const build of run) {
          for (const [name, { input, expected }] of Object.entries(networks)) {
            for (const threads of counts) {
              const { info, output } = await page.run(
                { build, threads },
                `/${name}.onnx`,
                `/${name}.f32`,
                input.dims,
              );
              const what = `${build}, ${threads} threads`;
              assert.equal(info.threads, threads, info.threadsWhy);
              context.diagnostic(`${what}: ${info.dot}; ${name} equal`);
              assert.deepEqual(Float32Array.from(output), expected, `${what}, ${name}`);
            }
          }
        }
      } finally {
        await page.close();
      }
    }),
  );
}
