// loadModel(url, { cache: true }) in Chromium: a model is downloaded once for each URL, where the browser keeps anything.
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { page, reportOf, serve } from '../support/pages.mjs';
import { modelFile } from './support/networks.mjs';
import { packageRoot } from './support/package.mjs';

/** Loads the same model twice, another URL of it, and one that is not there. */
const script = `
import { loadModel } from '/octavo/browser.js';
const report = { caches: 'caches' in globalThis };
const kept = async (url) => 'caches' in globalThis && Boolean(await caches.match(url));
/** A model is kept while it is read: the page may have it a little earlier. */
const whenKept = async (url) => {
  for (let tries = 0; report.caches && tries < 100 && !(await kept(url)); ++tries)
    await new Promise((resolve) => setTimeout(resolve, 50));
};
const load = async (url) => {
  let bytes = 0;
  const onProgress = ({ phase, loaded }) => phase === 'download' && (bytes = loaded);
  const model = await loadModel(url, { cache: true, onProgress });
  const { parameters } = model.describe();
  model.dispose();
  return { bytes, parameters };
};
try {
  report.first = await load('/mnist.onnx');
  await whenKept('/mnist.onnx');
  report.second = await load('/mnist.onnx');
  report.missing = await load('/missing.onnx').catch(({ code }) => code);
  // Kept in order: what were kept of the missing file would be there before this.
  report.changed = await load('/mnist.onnx?version=2');
  await whenKept('/mnist.onnx?version=2');
  report.kept = [];
  for (const url of ['/mnist.onnx', '/mnist.onnx?version=2', '/missing.onnx']) report.kept.push(await kept(url));
} catch (error) {
  report.error = String(error.stack);
}
document.title = JSON.stringify(report);
`;

let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octavo-cache-'));
  await cp(fileURLToPath(new URL('dist/', packageRoot)), join(folder, 'octavo'), { recursive: true });
  await cp(modelFile('mnist.onnx'), join(folder, 'mnist.onnx'));
  await writeFile(join(folder, 'index.html'), page(`<script type="module">${script}</script>`));
});
after(() => rm(folder, { recursive: true, force: true }));

/** The page's report, and how often it asked the server for each model. What the HTTP cache keeps would hide requests. */
const visit = (hostOf, options) =>
  serve(
    folder,
    async (url, requests) => {
      const report = await reportOf(hostOf(url), { allow: (error) => /404/.test(error), ...options });
      assert.equal(report.error, undefined);
      const models = requests.filter((path) => path.includes('.onnx'));
      return { report, models };
    },
    { 'Cache-Control': 'no-store' },
  );

function checkLoads({ first, second, changed, missing }) {
  assert.ok(first.bytes > 10_000 && first.parameters > 10_000);
  assert.deepEqual(second, first);
  assert.deepEqual(changed, first);
  assert.equal(missing, 'Download');
}

test('the second load asks no server; another URL is another file; a failure is not kept', async () => {
  const { report, models } = await visit((url) => url);
  assert.equal(report.caches, true);
  checkLoads(report);
  assert.deepEqual(models, ['/mnist.onnx', '/missing.onnx', '/mnist.onnx?version=2']);
  assert.deepEqual(report.kept, [true, true, false]);
});

test('where nothing is kept, a page of plain HTTP, each load is a download', async () => {
  const flags = ['--host-resolver-rules=MAP octavo.test 127.0.0.1'];
  const { report, models } = await visit((url) => url.replace('127.0.0.1', 'octavo.test'), { flags });
  assert.equal(report.caches, false);
  checkLoads(report);
  assert.deepEqual(models, ['/mnist.onnx', '/mnist.onnx', '/missing.onnx', '/mnist.onnx?version=2']);
});
