// The page under test holds what was built, not something else.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inProject } from './support/paths.js';
import { expect, test } from './support/test.js';

test('runs the package as it was built', { tag: '@requests' }, async ({ demo, page }) => {
  const wasm = page.waitForResponse(/engine-(simd|relaxed)[^/]*\.wasm$/);
  await page.reload();
  const response = await wasm;
  const [, build, threads = ''] = /engine-(simd|relaxed)(-threads)?/.exec(response.url()) ?? [];
  const built = readFileSync(inProject(`web/package/dist/engine/engine-${build}${threads}.wasm`));
  expect(hash(await (await page.request.get(response.url())).body())).toBe(hash(built));
  await expect(demo.figure('build')).toContainText(build ?? '');
});

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
