// What is on the page stays where it is while the rest comes.
import { expect, test } from './support/test.js';

test('a font that comes late moves nothing', { tag: '@layout-shift' }, async ({ demo, page }) => {
  let arrived = () => {};
  const late = new Promise<void>((resolve) => (arrived = resolve));
  await page.route('**/*.woff2', async (route) => {
    await late;
    await route.continue();
  });
  await page.goto('/', { waitUntil: 'commit' });
  await expect(demo.figure('build')).toHaveText(/^(simd|relaxed): ./);
  // Chromium counts what moves within half a second of a change of the window's size as the visitor's doing.
  await page.waitForTimeout(1000);
  const fonts = page.waitForResponse(/\.woff2$/);
  arrived();
  await (await fonts).finished();
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(500);
  await demo.expectStill();
});
