// What the engine runs on, with and without cross-origin isolation, and why.
import { servers } from './support/servers.js';
import { expect, test } from './support/test.js';

test('an isolated page has threads', { tag: '@everywhere' }, async ({ demo, page, browserName }) => {
  await demo.open(servers.isolated);
  await expect(demo.figure('isolation')).toHaveText('cross-origin isolated', { useInnerText: true });
  await expect(demo.figure('build')).toHaveText(browserName === 'webkit' ? /^simd: ./ : /^relaxed: ./);
  // WebKitGTK shares none between threads, isolated or not.
  const shares = await page.evaluate(() => typeof SharedArrayBuffer !== 'undefined');
  await expect(demo.figure('threads')).toHaveText(
    shares
      ? /^a worker, (\d threads: there are \d+ cores|one thread: there is one core)$/
      : 'a worker, one thread: this browser shares no memory between threads',
  );
});

test('a page that is not isolated has one, and says why', { tag: '@everywhere' }, async ({ demo }) => {
  await demo.open(servers.plain);
  await expect(demo.figure('isolation')).toHaveText('not cross-origin isolated', { useInnerText: true });
  await expect(demo.figure('build')).toHaveText(/^(simd|relaxed): ./);
  await expect(demo.figure('threads')).toHaveText(
    'a worker, one thread: the page is not cross-origin isolated',
  );
});
