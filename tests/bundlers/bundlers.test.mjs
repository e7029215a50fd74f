// The packed package with every bundler, without one, and from another origin, in a real browser.
import assert from 'node:assert/strict';
import { cp, readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { build } from 'vite';
import { isolated, page, reportOf, serve, whyNoFirefox } from '../support/pages.mjs';
import {
  addModel,
  checkReport,
  makeProject,
  pageScript,
  removeProjects,
  runTool,
} from './support/project.mjs';

after(removeProjects);

const everything = process.env.OCTAVO_BUNDLERS === 'all';
const threads = Math.min(availableParallelism(), 4);
const module = (src) => page(`<script type="module" src="${src}"></script>`);

/** Bundlers: their packages, the files of a project, how it is built, and where to. `fast` ones are in every run. */
const bundlers = {
  esbuild: {
    fast: true,
    packages: { esbuild: '0.28.2' },
    files: { 'main.js': pageScript('octavo'), 'out/index.html': module('main.js') },
    async build(folder) {
      const options = ['main.js', '--bundle', '--format=esm', '--splitting', '--outdir=out'];
      await runTool(folder, 'esbuild', ...options);
      // The one line of docs/guides/6-bundlers-and-cdn.md.
      await cp(join(folder, 'node_modules/octavo/dist/engine'), join(folder, 'out/engine'), {
        recursive: true,
      });
    },
    out: 'out',
  },
  rollup: {
    fast: true,
    packages: {
      rollup: '4.68.8',
      '@rollup/plugin-node-resolve': '16.0.3',
      '@web/rollup-plugin-import-meta-assets': '2.3.3',
    },
    files: {
      'main.js': pageScript('octavo'),
      'out/index.html': module('main.js'),
      'rollup.config.mjs': `
        import resolve from '@rollup/plugin-node-resolve';
        import { importMetaAssets } from '@web/rollup-plugin-import-meta-assets';
        export default {
          input: 'main.js',
          output: { dir: 'out', format: 'es' },
          plugins: [resolve({ browser: true }), importMetaAssets()],
        };`,
    },
    build: (folder) => runTool(folder, 'rollup', '-c'),
    out: 'out',
  },
  parcel: {
    packages: { parcel: '2.16.4' },
    files: {
      'main.js': pageScript('octavo'),
      'index.html': module('main.js'),
    },
    build: (folder) => runTool(folder, 'parcel', 'build', 'index.html', '--no-cache'),
    out: 'dist',
  },
  webpack: {
    packages: { webpack: '5.113.0', 'webpack-cli': '7.3.1' },
    files: {
      'main.js': pageScript('octavo'),
      'dist/index.html': module('main.js'),
      'webpack.config.mjs': `export default { mode: 'production', entry: './main.js', experiments: { topLevelAwait: true } };`,
    },
    build: (folder) => runTool(folder, 'webpack'),
    out: 'dist',
  },
};

for (const [name, { fast = false, packages, files, build, out }] of Object.entries(bundlers)) {
  test(name, { skip: !fast && !everything && 'with npm test -- bundlers' }, async () => {
    const folder = await makeProject({ packages, files });
    await build(folder);
    await addModel(join(folder, out));
    await serve(join(folder, out), async (url) => checkReport(await reportOf(url), { threads }));
  });
}

test('a plain server: a module script and an import map', async (context) => {
  const folder = await makeProject({
    files: {
      'main.js': pageScript('octavo'),
      'index.html': page(
        `<script type="importmap">{ "imports": { "octavo": "/node_modules/octavo/dist/browser.js" } }</script>
        <script type="module" src="main.js"></script>`,
      ),
    },
  });
  await addModel(folder);
  await serve(folder, async (url) => {
    checkReport(await reportOf(url), { threads });
    await context.test('in Firefox', { skip: whyNoFirefox }, async () =>
      checkReport(await reportOf(url, { browser: 'firefox' }), { threads }),
    );
  });
});

test('Vite, built', async (context) => {
  const folder = await makeProject({
    files: { 'main.js': pageScript('octavo'), 'index.html': module('/main.js') },
  });
  await build({ root: folder, configFile: false, logLevel: 'error' });
  await addModel(join(folder, 'dist'));
  await serve(join(folder, 'dist'), async (url) => {
    checkReport(await reportOf(url), { threads });
    await context.test('in Firefox', { skip: whyNoFirefox }, async () =>
      checkReport(await reportOf(url, { browser: 'firefox' }), { threads }),
    );
  });
});

test('the package installs nothing else', async () => {
  const folder = await makeProject({});
  const installed = (await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.'));
  assert.deepEqual(installed, ['octavo']);
});

test('from another origin, as from a CDN', async (context) => {
  const folder = await makeProject({});
  const cdnHeaders = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' };
  const inPage = (script) => page(`<script type="module">${script}</script>`);
  await serve(
    join(folder, 'node_modules/octavo'),
    async (cdn) => {
      const app = await makeProject({
        files: {
          'index.html': inPage(pageScript(`${cdn}dist/browser.js`)),
          'single.html': inPage(pageScript(`${cdn}dist/single.js`)),
        },
      });
      await addModel(app);
      await context.test('the module, in a worker with threads', () =>
        serve(app, async (url) => checkReport(await reportOf(url), { threads })),
      );
      await context.test('not isolated: in a worker with one thread', () =>
        serve(
          app,
          async (url) => checkReport(await reportOf(url), { threads: 1, threadsWhy: /isolated/ }),
          {},
        ),
      );
      await context.test('all in one file', () =>
        serve(app, async (url) =>
          checkReport(await reportOf(`${url}single.html`), { build: 'simd', threads: 1 }),
        ),
      );
    },
    cdnHeaders,
  );
});

test('workers that never answer: the engine goes on without them and says why', async (context) => {
  // Those from the given one on are told nothing.
  const silence = (first) => `<script>
    let made = 0;
    globalThis.Worker = class extends Worker {
      #silent = made++ >= ${first};
      postMessage(...message) {
        if (!this.#silent) super.postMessage(...message);
      }
    };
  </script>`;
  const script = (options) =>
    `<script type="module">${pageScript('/node_modules/octavo/dist/browser.js', options)}</script>`;
  const folder = await makeProject({
    files: {
      'threads.html': page(silence(1) + script('{ threads: 3 }')),
      'engine.html': page(silence(0) + script('{ threads: 1 }')),
      'asked.html': page(silence(0) + script('{ threads: 1, worker: true }')),
    },
  });
  await addModel(folder);
  await serve(folder, async (url) => {
    for (const [browser, skip] of Object.entries({ chromium: false, firefox: whyNoFirefox })) {
      await context.test(`threads, ${browser}`, { skip }, async () => {
        const threadsWhy = /a thread's worker does not start: it does not answer within 5 seconds/;
        checkReport(await reportOf(`${url}threads.html`, { browser }), { threads: 1, threadsWhy });
      });
    }
    await context.test('the engine, which then runs in the page unless a worker was asked for', async () => {
      const [report, { error }] = await Promise.all([
        reportOf(`${url}engine.html`),
        reportOf(`${url}asked.html`),
      ]);
      const why = /worker does not start: it does not answer within 30 seconds.*worker-relaxed/;
      checkReport(report, { worker: false, workerWhy: why });
      assert.match(error, /^OctavoError EngineStart: /);
      assert.match(error, why);
    });
  });
});

test('where no worker can start the engine runs in the page and says why', async (context) => {
  const folder = await makeProject({
    files: {
      'main.js': pageScript('/node_modules/octavo/dist/browser.js'),
      'asked.js': pageScript('/node_modules/octavo/dist/browser.js', '{ worker: true }'),
      'lost.js': pageScript('/lost/browser.js'),
      'index.html': module('main.js'),
      'asked.html': module('asked.js'),
      'lost.html': module('lost.js'),
    },
  });
  await addModel(folder);
  // The module and its chunks, and none of the engines.
  const dist = join(folder, 'node_modules/octavo/dist');
  for (const name of (await readdir(dist)).filter((name) => /^browser.*\.js$/.test(name)))
    await cp(join(dist, name), join(folder, 'lost', name));
  const allow = (error) => /Content Security Policy|404|Refused|worker/i.test(error);
  await context.test('a policy without workers', () => {
    const policy =
      "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'; img-src data:";
    const check = async (url) => {
      const info = { worker: false, workerWhy: /worker.*engine\/worker-relaxed/ };
      checkReport(await reportOf(url, { allow }), info);
      const { error } = await reportOf(`${url}asked.html`, { allow });
      assert.match(error, /^OctavoError EngineStart: .*worker-relaxed/);
    };
    return serve(folder, check, { ...isolated, 'Content-Security-Policy': policy });
  });
  await context.test('files that are not there: each URL, its status and the remedy', () =>
    serve(folder, async (url) => {
      const { error } = await reportOf(`${url}lost.html`, { allow });
      assert.match(error, /^OctavoError EngineStart: /);
      for (const part of [
        /lost\/engine\/worker-relaxed\S*\.js \(HTTP status 404/,
        /engine-relaxed/,
        /'workerUrl' and 'wasmUrl'/,
      ])
        assert.match(error, part);
    }),
  );
});
