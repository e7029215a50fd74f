// The packed package in a fresh folder: installed by npm, used from Node, from TypeScript and from a Vite page.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build, createServer, preview } from 'vite';
import { isolated, page, reportOf } from '../support/pages.mjs';
import { modelFile } from './support/networks.mjs';
import { packageRoot, repository } from './support/package.mjs';

const run = promisify(execFile);
let folder;
let packed;
const inFolder = (path) => join(folder, path);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octavo-pack-'));
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: fileURLToPath(packageRoot) });
  [packed] = JSON.parse(stdout);
  await writeFile(inFolder('package.json'), '{ "name": "app", "private": true, "type": "module" }');
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', inFolder(packed.filename)];
  await run('npm', install, { cwd: folder });
  await cp(modelFile('mnist.onnx'), inFolder('public/mnist.onnx'));
});
after(() => rm(folder, { recursive: true, force: true }));

test('the package holds what it must, and nothing else', async () => {
  const files = packed.files.map(({ path }) => path);
  const expected = [
    'LICENSE',
    'README.md',
    'THIRD-PARTY-NOTICES.md',
    'package.json',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/browser.js',
    'dist/single.js',
    'dist/vendor/mozjpeg_dec.wasm',
    'dist/vendor/LICENSES.txt',
    'bin/octavo.mjs',
    'dist/cli/main.js',
  ];
  const engines = ['simd', 'relaxed', 'simd-threads', 'relaxed-threads'].flatMap((name) => [
    `dist/engine/engine-${name}.mjs`,
    `dist/engine/engine-${name}.wasm`,
  ]);
  for (const file of [...expected, ...engines]) assert.ok(files.includes(file), file);
  const others = files.filter(
    (file) =>
      !/^(bin\/octavo\.mjs|dist\/vendor\/LICENSES\.txt|dist\/.*\.(js|js\.map|mjs|wasm|d\.ts)|LICENSE|(README|THIRD-PARTY-NOTICES)\.md|package\.json)$/.test(
        file,
      ),
  );
  assert.deepEqual(others, []);
  const { mode } = packed.files.find(({ path }) => path === 'bin/octavo.mjs');
  assert.equal(mode & 0o111, 0o111, 'the command line is a program');
});

test('Node runs it', async () => {
  const program = `
    import { Tensor, loadModel } from 'octavo';
    import { enableRelaxedSimd } from 'octavo/node';
    enableRelaxedSimd();
    const model = await loadModel('public/mnist.onnx');
    const { logits } = await model.run({ digits: new Tensor('float32', new Float32Array(784), [1, 1, 28, 28]) });
    console.log(model.engine.info.build, logits.dims.join());`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder });
  assert.equal(stdout, 'relaxed 1,10\n');
});

test('the command line is installed', async () => {
  const { stdout } = await run('npx', ['--no', 'octavo', 'inspect', 'public/mnist.onnx', '--json'], {
    cwd: folder,
  });
  assert.equal(JSON.parse(stdout).outputs[0].name, 'logits');
});

test('its types check, in Node and in a page', async () => {
  await writeFile(
    inFolder('use.ts'),
    `import { OctavoError, Tensor, compare, loadModel, type CompareReport, type Model, type Progress } from 'octavo';
export async function use(signal: AbortSignal): Promise<CompareReport> {
  const onProgress = ({ phase, loaded, total }: Progress): string => \`\${phase} \${loaded} \${total ?? '?'}\`;
  const model: Model = await loadModel('/mnist.onnx', { signal, onProgress: (progress) => void onProgress(progress) });
  const digits = new Tensor('float32', new Float32Array(784), [1, 1, 28, 28]);
  const small = await model.quantizeStatic({ calibration: [digits], observer: 'minmax' });
  const scores: Tensor | undefined = (await small.run({ digits }))['logits'];
  const file: File = new File([await small.toOnnx()], 'mnist.int8.onnx');
  if (!scores || file.size === 0) throw new OctavoError('Internal', 'no scores');
  // @ts-expect-error There is no such observer.
  await model.quantizeStatic({ calibration: [digits], observer: 'magic' });
  return compare(model, small, [{ digits }], { repeats: 1 });
}
`,
  );
  const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', repository));
  const strict = [
    '--noEmit',
    '--strict',
    '--exactOptionalPropertyTypes',
    '--target',
    'es2022',
    '--lib',
    'es2023,dom,esnext.disposable',
  ];
  for (const resolution of [
    ['--module', 'nodenext'],
    ['--module', 'esnext', '--moduleResolution', 'bundler'],
  ]) {
    await run(process.execPath, [tsc, ...strict, ...resolution, 'use.ts'], {
      cwd: folder,
    }).catch((error) => assert.fail(`${resolution.join(' ')}: ${error.stdout}`));
  }
});

test('its types check in Node without those of a page', async () => {
  await writeFile(
    inFolder('node.ts'),
    `import { writeFile } from 'node:fs/promises';
import { imageToTensor, loadModel, preprocessingFor, type Tensor } from 'octavo';
import { listFiles, readImage } from 'octavo/node';
const model = await loadModel('model.onnx');
const [input] = model.inputs;
if (!input) throw new Error('no input');
const preprocessing = preprocessingFor(input, 'imagenet');
const samples: Tensor[] = [];
for (const file of await listFiles(['photos'])) samples.push(imageToTensor(await readImage(file), preprocessing));
const small = await model.quantizeStatic({ calibration: samples });
await writeFile('model.int8.onnx', await small.toOnnx());
`,
  );
  const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', repository));
  const types = ['--typeRoots', fileURLToPath(new URL('node_modules/@types', repository)), '--types', 'node'];
  const options = [
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--lib',
    'es2023',
    ...types,
  ];
  await run(process.execPath, [tsc, ...options, 'node.ts'], { cwd: folder }).catch((error) =>
    assert.fail(error.stdout),
  );
});

const pageScript = `
import { Tensor, createEngine, defaultEngine, loadModel } from 'octavo';
const report = {};
try {
  const digits = new Tensor('float32', new Float32Array(784).fill(0.5), [1, 1, 28, 28]);
  const loaded = [];
  const model = await loadModel('/mnist.onnx', { onProgress: (progress) => loaded.push(progress) });
  const quantized = await model.quantizeDynamic();
  report.info = (await defaultEngine()).info;
  report.download = loaded.filter(({ phase }) => phase === 'download').at(-1);
  report.float = [...(await model.run({ digits })).logits.data];
  report.kept = digits.data.length;
  report.int8 = [...(await quantized.run({ digits })).logits.data];
  report.file = [...(await quantized.toOnnx()).slice(0, 2)];
  for (const options of [{ build: 'simd' }, { build: 'relaxed', worker: false }]) {
    const engine = await createEngine(options);
    const again = await loadModel(await (await fetch('/mnist.onnx')).blob(), { engine });
    report[options.build] = [...(await again.run({ digits })).logits.data];
    engine.dispose();
  }
  const failures = {
    page: () => loadModel('/index.html'),
    aborted: () => loadModel('/mnist.onnx', { signal: AbortSignal.abort() }),
    feed: () => model.run({ pixels: digits }),
    disposed: () => (quantized.dispose(), quantized.run({ digits })),
  };
  report.failures = {};
  for (const [name, call] of Object.entries(failures)) {
    report.failures[name] = await call().then(() => 'none', (error) => error.code ?? error.name);
  }
} catch (error) {
  report.error = String(error.stack);
}
document.title = JSON.stringify(report);
`;

function checkReport(report) {
  assert.equal(report.error, undefined);
  assert.deepEqual([report.info.build, report.info.worker], ['relaxed', true]);
  assert.match(report.info.why, /is supported/);
  assert.equal(report.info.threads, Math.min(availableParallelism(), 4), report.info.threadsWhy);
  const { loaded, total = loaded } = report.download; // Vite's preview compresses, and then sends no size.
  assert.ok(loaded > 10_000 && loaded === total);
  assert.equal(report.float.length, 10);
  assert.equal(report.kept, 784, 'the fed tensor is still there');
  for (const other of ['int8', 'simd', 'relaxed']) {
    report[other].forEach((value, i) => assert.ok(Math.abs(value - report.float[i]) < 0.1, other));
  }
  assert.deepEqual(report.file, [8, 10]);
  assert.deepEqual(report.failures, {
    page: 'InvalidModel',
    aborted: 20,
    feed: 'InvalidInput',
    disposed: 'Disposed',
  });
}

test('a Vite page uses it, in development and built', async (context) => {
  await writeFile(inFolder('index.html'), page('<script type="module" src="/main.js"></script>'));
  await writeFile(inFolder('main.js'), pageScript);
  const config = { root: folder, configFile: false, logLevel: 'error' };

  await context.test('development server', async () => {
    const server = await createServer({
      ...config,
      server: { host: '127.0.0.1', port: 0, headers: isolated },
    });
    try {
      await server.listen();
      checkReport(await reportOf(server.resolvedUrls.local[0]));
    } finally {
      await server.close();
    }
  });

  await context.test('built page', async () => {
    await build(config);
    const server = await preview({ ...config, preview: { host: '127.0.0.1', port: 0, headers: isolated } });
    try {
      checkReport(await reportOf(server.resolvedUrls.local[0]));
    } finally {
      await server.close();
    }
  });

  await context.test('its scripts are small', async () => {
    const names = await readdir(inFolder('dist/assets'));
    const bytes = await Promise.all(
      names
        .filter(
          (name) =>
            name.endsWith('.js') &&
            // What other engines need, and what training does.
            !/engine-|worker-simd|worker-train|worker-relaxed-(?!threads)|browser-(prepare|measures)/.test(
              name,
            ),
        )
        .map(async (name) => gzipSync(await readFile(inFolder(`dist/assets/${name}`))).length),
    );
    const total = bytes.reduce((sum, size) => sum + size, 0);
    context.diagnostic(`${(total / 1024).toFixed(1)} KB gzip: page, library and one worker`);
    assert.ok(total <= 34 * 1024, `${total} bytes`);
  });
});
