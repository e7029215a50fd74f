// The contest in a page of Chromium that Vite builds.
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { launchChromium, page, serve } from '../../support/pages.mjs';
import { aliases } from './aliases.mjs';

const folderOfTests = fileURLToPath(new URL('..', import.meta.url));

/** Each puts its runtime where transformers.js looks for it when it is imported, and brings a copy of transformers.js. */
const libraries = {
  octavo: `
import { env } from 'octavo/onnxruntime';
import 'octavo/transformers';
env.octavo = { threads: 1 };
export * from 'transformers-4';
`,
  onnxruntime: `
import './onnxruntime_first.js';
export * from 'transformers-4';
`,
};
const onnxruntimeFirst = `
import * as web from 'onnxruntime-web';
Object.assign(web.env.wasm, { wasmPaths: '/onnxruntime/', numThreads: 1 });
globalThis[Symbol.for('onnxruntime')] = web;
`;
const main = `
import { contests } from '../support/contest.mjs';
window.run = async (pattern) => {
  const libraries = [];
  for (const name of ['octavo', 'onnxruntime']) {
    const library = await import(/* @vite-ignore */ \`/\${name}/index.js\`);
    Object.assign(library.env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: '/networks/' });
    libraries.push(library);
  }
  await contests(libraries, pattern, window.say);
};
`;

/** A module of its own in `out`, so that each has its own transformers.js. */
const bundle = (entry, out, alias) =>
  build({
    root: dirname(entry),
    configFile: false,
    logLevel: 'error',
    base: `/${out.split('/').at(-1)}/`,
    worker: { format: 'es' },
    resolve: { alias },
    build: {
      target: 'esnext',
      outDir: out,
      emptyOutDir: true,
      rollupOptions: {
        input: entry,
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: 'index.js' },
      },
    },
  });

export async function run(networks, pattern, say) {
  // Below the tests, whose packages the page imports.
  const folder = await mkdtemp(join(folderOfTests, 'page-'));
  try {
    const out = join(folder, 'dist');
    await writeFile(join(folder, 'onnxruntime_first.js'), onnxruntimeFirst);
    for (const [name, script] of Object.entries({ ...libraries, main })) {
      await writeFile(join(folder, `${name}.js`), script);
      await bundle(join(folder, `${name}.js`), join(out, name), name === 'octavo' ? aliases : {});
    }
    await writeFile(join(out, 'index.html'), page('<script type="module" src="/main/index.js"></script>'));
    await cp(dirname(createRequire(import.meta.url).resolve('onnxruntime-web')), join(out, 'onnxruntime'), {
      recursive: true,
    });
    await symlink(resolve(networks), join(out, 'networks'));
    await serve(out, async (url) => {
      const browser = await launchChromium();
      try {
        const opened = await browser.newPage();
        opened.on('pageerror', (error) => console.error(error));
        await opened.exposeFunction('say', say);
        await opened.goto(url);
        await opened.waitForFunction('window.run');
        await opened.evaluate((asked) => window.run(asked), pattern);
      } finally {
        await browser.close();
      }
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}
