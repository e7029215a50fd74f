// transformers.js as it is published in a page that Vite builds, after the aliases of docs/guides/8-from-onnxruntime-web.md: what Node says,
// in the page and in a worker, and nothing of onnxruntime-web is in it.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { page, reportOf, serve } from '../support/pages.mjs';
import { aliases } from './support/aliases.mjs';
import { checkSame } from './support/compare.mjs';
import { resultsOn } from './support/processes.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const networks = fileURLToPath(new URL('../fixtures/transformers', import.meta.url));
// Below this one, whose packages the page imports.
const folder = await mkdtemp(join(here, 'page-'));
after(() => rm(folder, { recursive: true }));

/**
 * What the page asks, and how far its numbers may be from Node's. No pictures: transformers.js resizes them with a canvas here and with
 * sharp there.
 */
const asked = { 'bert-classifier q8': 1e-3, 'llama q8': 0, 'whisper fp32': 0, 'bert-features fp32': 1e-5 };

const script = (version) => `
import 'octavo/transformers';
import * as library from 'transformers-${version}';
import { pipelines } from '../support/pipelines.mjs';
import { plain } from '../support/plain.mjs';

export async function results() {
  Object.assign(library.env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: '/networks/' });
  const made = {};
  for (const name of ${JSON.stringify(Object.keys(asked))}) {
    const [folder, dtype] = name.split(' ');
    const { task, ask } = pipelines.find((each) => each.folder === folder);
    const pipe = await library.pipeline(task, folder, { device: 'auto', dtype });
    made[name] = plain(await ask(pipe, library), library);
    await pipe.dispose();
  }
  return made;
}
`;

const inPage = `
import { results } from './ask.js';
const report = {};
try {
  report.page = await results();
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  report.worker = await new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
} catch (error) {
  report.error = String(error.stack);
}
document.title = JSON.stringify(report);
`;

const inWorker = `
import { results } from './ask.js';
postMessage(await results().catch((error) => String(error.stack)));
`;

for (const version of ['3', '4']) {
  test(`transformers.js ${version} in a page`, async (context) => {
    await writeFile(join(folder, 'index.html'), page('<script type="module" src="/main.js"></script>'));
    await writeFile(join(folder, 'ask.js'), script(version));
    await writeFile(join(folder, 'main.js'), inPage);
    await writeFile(join(folder, 'worker.js'), inWorker);
    const out = join(folder, 'dist');
    await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      worker: { format: 'es' },
      resolve: { alias: aliases },
      build: { target: 'esnext', emptyOutDir: true },
    });
    await cp(networks, join(out, 'networks'), { recursive: true });
    const files = await readdir(join(out, 'assets'));
    assert.deepEqual(
      files.filter((file) => file.startsWith('ort-')),
      [],
    );
    const [expected, report] = await Promise.all([
      resultsOn('octavo', version, networks),
      serve(out, (url) => reportOf(url, { allow: (error) => error.includes('404') })),
    ]);
    assert.equal(report.error, undefined);
    for (const place of ['page', 'worker']) {
      for (const [name, tolerance] of Object.entries(asked)) {
        const difference = checkSame(report[place][name], expected[name], tolerance);
        context.diagnostic(`${place}, ${name}: ${difference.toExponential(1)} of the largest`);
      }
    }
  });
}
