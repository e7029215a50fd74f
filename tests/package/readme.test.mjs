// The examples that a newcomer copies run as they are written: of the package's README and of the first guide.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findPreprocessing, loadModel } from 'octavo';
import { page, reportOf, serve } from '../support/pages.mjs';
import { modelFile } from './support/networks.mjs';
import { repository } from './support/package.mjs';

const fromRepository = (path) => fileURLToPath(new URL(path, repository));

/** The JavaScript of a document, block by block. */
async function examplesOf(path) {
  const text = await readFile(fromRepository(path), 'utf8');
  return [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);
}

let folder;
const photos = ['cat.jpg', 'dog.jpg', 'hen.jpg', 'panda.jpg'];

before(async () => {
  await mkdir(fromRepository('build'), { recursive: true });
  // Within the project, whose node_modules have the package.
  folder = await mkdtemp(fromRepository('build/readme-'));
  await mkdir(join(folder, 'photos'));
  for (const name of photos) await cp(modelFile(`photos/${name}`), join(folder, 'photos', name));
  await cp(modelFile('resnet18-quarter.onnx'), join(folder, 'model.onnx'));
  await symlink(fromRepository('web/package'), join(folder, 'octavo'));
});
after(() => rm(folder, { recursive: true }));

for (const [path, index] of [
  ['web/package/README.md', 1],
  ['docs/guides/1-first-model.md', 0],
]) {
  test(`${path}: in Node.js`, async () => {
    const code = (await examplesOf(path))[index];
    assert.match(code, /^\/\/ first\.mjs/);
    await writeFile(join(folder, 'first.mjs'), code);
    await promisify(execFile)(process.execPath, ['first.mjs'], { cwd: folder });
    const written = await loadModel(join(folder, 'model.int8.onnx'));
    assert.equal(written.describe().quantization.scheme, 'static');
    assert.equal(findPreprocessing(written).known.width, 224);
    written.dispose();
  });
}

test('web/package/README.md: in a page', async () => {
  const [code] = await examplesOf('web/package/README.md');
  const names = await readdir(join(folder, 'photos'));
  const given = `const photos = ${JSON.stringify(names.map((name) => `/photos/${name}`))};`;
  const report =
    'document.title = JSON.stringify({ bytes: file.size, ...report.outputs[0], logits: logits?.dims });';
  const map = '{ "imports": { "octavo": "/octavo/dist/browser.js" } }';
  await writeFile(
    join(folder, 'index.html'),
    page(
      `<script type="importmap">${map}</script><script type="module">${given}\n${code}\n${report}</script>`,
    ),
  );
  await serve(folder, async (url) => {
    const { bytes, cosine, logits } = await reportOf(url);
    assert.ok(bytes > 5e5 && bytes < 1e6, bytes);
    assert.ok(cosine > 0.99, cosine);
    assert.deepEqual(logits, [1, 1000]);
  });
});
