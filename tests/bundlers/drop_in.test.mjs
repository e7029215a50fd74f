// Pages that are written for onnxruntime-web, run on Octavo after the alias of docs/guides/8-from-onnxruntime-web.md alone, say what
// they say on onnxruntime-web.
import assert from 'node:assert/strict';
import { copyFile, cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { build, createServer } from 'vite';
import { fileOfNpm } from '../../examples/support/packages.mjs';
import { onnxFile } from '../package/support/onnx_model.mjs';
import { randomFrom } from '../package/support/random.mjs';
import { isolated, page, reportOf, serve } from '../support/pages.mjs';
import { makeProject, modelFile, removeProjects, run, runTool } from './support/project.mjs';

const everything = process.env.OCTAVO_BUNDLERS === 'all';
const versions = { 'onnxruntime-common': '1.30.0', 'onnxruntime-web': '1.30.0' };
const pages = new URL('onnxruntime_pages/', import.meta.url);
let folder;
let expected;
after(removeProjects);

/** A network with the inputs and outputs of YOLOv8: three strides of one convolution each, boxes beneath scores. */
function detectorFile() {
  const kinds = 6;
  const rows = 4 + kinds;
  const { below } = randomFrom(5);
  const list = (length) => Float32Array.from({ length }, () => below(2001) / 1000 - 1);
  const strides = [8, 16, 32];
  return onnxFile({
    inputs: [{ name: 'images', dims: [1, 3, 64, 64] }],
    outputs: [{ name: 'output0', dims: [1, rows, 84] }],
    nodes: [
      ...strides.flatMap((stride) => [
        {
          op: 'Conv',
          inputs: ['images', `w${stride}`],
          outputs: [`c${stride}`],
          attributes: { kernel_shape: [stride, stride], strides: [stride, stride] },
        },
        { op: 'Reshape', inputs: [`c${stride}`, 'flat'], outputs: [`r${stride}`] },
      ]),
      {
        op: 'Concat',
        inputs: strides.map((stride) => `r${stride}`),
        outputs: ['all'],
        attributes: { axis: 2 },
      },
      { op: 'Sigmoid', inputs: ['all'], outputs: ['output0'] },
    ],
    constants: [
      { name: 'flat', type: 'int64', dims: [3], data: BigInt64Array.of(1n, BigInt(rows), -1n) },
      ...strides.map((stride) => ({
        name: `w${stride}`,
        dims: [rows, 3, stride, stride],
        data: list(rows * 3 * stride * stride).map((value) => (2 * value) / stride),
      })),
    ],
  });
}

const suppressionFile = () =>
  onnxFile({
    inputs: [
      { name: 'boxes', dims: [1, 'places', 4] },
      { name: 'scores', dims: [1, 'kinds', 'places'] },
      { name: 'most', type: 'int64', dims: [1] },
      { name: 'overlap', dims: [1] },
      { name: 'least', dims: [1] },
    ],
    outputs: [{ name: 'selected', type: 'int64', dims: ['found', 3] }],
    nodes: [
      {
        op: 'NonMaxSuppression',
        inputs: ['boxes', 'scores', 'most', 'overlap', 'least'],
        outputs: ['selected'],
        attributes: { center_point_box: 1 },
      },
    ],
  });

before(async () => {
  const files = {};
  for (const name of await readdir(pages)) files[name] = await readFile(new URL(name, pages), 'utf8');
  folder = await makeProject({
    packages: versions,
    files: {
      ...files,
      'index.html': page('<script type="module" src="/main.js"></script>'),
      'import-map.html': page(`
        <script type="importmap">{ "imports": {
          "onnxruntime-web": "/node_modules/octavo/dist/onnxruntime.js",
          "onnxruntime-common": "/node_modules/onnxruntime-common/dist/esm/index.js"
        } }</script>
        <script type="module" src="/main.js"></script>`),
      'model/detector.onnx': detectorFile(),
      'model/suppression.onnx': suppressionFile(),
    },
  });
  const models = join(folder, 'model');
  await copyFile(modelFile('resnet18-quarter.onnx'), join(models, 'resnet18-quarter.onnx'));
  await copyFile(modelFile('photos/koala.jpg'), join(models, 'picture.jpg'));
  const voice = await fileOfNpm('@ricky0123/vad-web@0.0.31', 'dist/silero_vad_v5.onnx');
  await copyFile(voice, join(models, 'silero_vad_v5.onnx'));
  await mkdir(join(folder, 'public'));
  await cp(models, join(folder, 'public/model'), { recursive: true });
  expected = await built('on-onnxruntime-web', {});
});

const config = (alias) => ({ root: folder, configFile: false, logLevel: 'error', resolve: { alias } });

/** What the page says that Vite builds with that alias. */
async function built(outDir, alias) {
  await build({ ...config(alias), build: { outDir, target: 'esnext' } });
  return serve(join(folder, outDir), (url) => reportOf(url));
}

/** The page found what it finds on onnxruntime-web, without any of it. */
function check(report) {
  assert.equal(expected.error, undefined);
  assert.equal(report.error, undefined);
  assert.deepEqual([expected.web, report.web], [versions['onnxruntime-web'], null]);
  const near = (a, b) => Math.abs(a - b) < 1e-3;
  assert.equal(expected.classes.length, 5);
  assert.ok(expected.found.length > 3 && expected.likelihoods.length === 32);
  assert.deepEqual(
    report.classes.map(({ index }) => index),
    expected.classes.map(({ index }) => index),
  );
  report.classes.forEach(({ probability }, i) =>
    assert.ok(near(probability, expected.classes[i].probability)),
  );
  assert.deepEqual(
    report.found.map(({ kind }) => kind),
    expected.found.map(({ kind }) => kind),
  );
  report.found.forEach(({ box }, i) =>
    box.forEach((side, j) => assert.ok(near(side, expected.found[i].box[j]))),
  );
  report.likelihoods.forEach((value, i) => assert.ok(near(value, expected.likelihoods[i]), `${i}: ${value}`));
}

const alias = { 'onnxruntime-web': 'octavo/onnxruntime' };

test('Vite, built', async () => check(await built('on-octavo', alias)));

test('Vite, in development', async () => {
  const server = await createServer({
    ...config(alias),
    server: { host: '127.0.0.1', port: 0, headers: isolated },
  });
  try {
    await server.listen();
    check(await reportOf(server.resolvedUrls.local[0]));
  } finally {
    await server.close();
  }
});

test('an import map on a plain server', () =>
  serve(folder, async (url) => check(await reportOf(`${url}import-map.html`))));

test('webpack', { skip: !everything && 'with npm test -- bundlers' }, async () => {
  const project = await makeProject({
    packages: { ...versions, webpack: '5.113.0', 'webpack-cli': '7.3.1' },
    files: {
      'webpack.config.mjs': `export default {
        mode: 'production', entry: './main.js', experiments: { topLevelAwait: true },
        resolve: { alias: { 'onnxruntime-web$': 'octavo/onnxruntime' } },
      };`,
      'dist/index.html': page('<script type="module" src="main.js"></script>'),
    },
  });
  for (const name of await readdir(pages)) await copyFile(new URL(name, pages), join(project, name));
  await runTool(project, 'webpack');
  await cp(join(folder, 'model'), join(project, 'dist/model'), { recursive: true });
  await serve(join(project, 'dist'), async (url) => check(await reportOf(url)));
});

test('types are those of onnxruntime-web, and Octavo’s options among them', async () => {
  await writeFile(
    join(folder, 'use.ts'),
    `import ort, { InferenceSession, Tensor, env } from 'octavo/onnxruntime';
export async function use(): Promise<readonly number[]> {
  env.octavo = { threads: 2 };
  env.wasm.numThreads = 1;
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['wasm'],
    octavo: { quantize: 'weights', bits: 4, keepOutputs: /^present/ },
  };
  const session: InferenceSession = await InferenceSession.create('model.onnx', options);
  const feeds: InferenceSession.FeedsType = { x: new Tensor('float32', [1, 2], [2]) };
  const { y }: InferenceSession.ReturnType = await session.run(feeds);
  // @ts-expect-error There is no such method.
  await ort.InferenceSession.create('model.onnx', { octavo: { quantize: 'magic' } });
  return y ? y.dims : [];
}
`,
  );
  const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,dom,esnext.disposable'];
  for (const resolution of [
    ['--module', 'nodenext'],
    ['--module', 'esnext', '--moduleResolution', 'bundler'],
  ])
    await run(process.execPath, [tsc, ...options, ...resolution, 'use.ts'], folder);
});
