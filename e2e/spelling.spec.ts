// The second exhibit: spelling to sound, float beside int8, as one types.
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import type { DemoPage } from './support/demo-page.js';
import { inProject } from './support/paths.js';
import { expect, test } from './support/test.js';

const run = promisify(execFile);

const sounds = async (demo: DemoPage, side: 'float' | 'quantized') =>
  (await demo.figure(`sounds-${side}`).innerText()).replaceAll(/\s+/g, ' ').trim();

/** Waits until both networks have said the word, and how long it takes. */
async function timed(demo: DemoPage): Promise<void> {
  await expect(demo.figure('ms-float')).toHaveText(/^[\d.]+\sms$/);
  await expect(demo.figure('ms-quantized')).toHaveText(/^[\d.]+\sms$/);
}

async function openSpelling(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Spelling to sound' }).click();
  await expect(page.getByTestId('word')).toBeVisible();
}

test('both networks speak as one types', { tag: '@everywhere' }, async ({ demo, page }) => {
  await openSpelling(page);
  await timed(demo);
  expect(await sounds(demo, 'float')).toBe('AA0 K T AA1 V OW0');
  expect(await sounds(demo, 'quantized')).toBe('AA0 K T AA1 V OW0');
  await expect(demo.figure('agreement')).toHaveText('Both say the same.');
  await expect(demo.figure('bytes-float')).toHaveText(/^3\.3\sMB$/);
  expect(await demo.number('bytes-quantized')).toBeLessThanOrEqual(1.0);
  await expect(demo.figure('ratio-size')).toHaveText(/^[\d.]+×\s+smaller$/);
  await expect(demo.figure('ratio-time')).toHaveText(/^[\d.]+×\s+(faster|slower)$/);
  await demo.expectAccessible();
  await demo.screenshot('spelling-octavo');

  const word = page.getByTestId('word');
  await word.fill('');
  await expect(demo.figure('sounds-float')).toHaveText('–');
  await word.pressSequentially('Thróugh', { delay: 40 });
  await expect.poll(() => sounds(demo, 'float')).toBe('TH R UW1');
  await expect.poll(() => sounds(demo, 'quantized')).toBe('TH R UW1');
  await word.fill("don't fold");
  await expect.poll(() => sounds(demo, 'quantized')).toMatch(/^D .+ F OW1 L D$/);
  await page.getByRole('button', { name: 'photograph', exact: true }).click();
  await expect.poll(() => sounds(demo, 'float')).toBe('F OW1 T AH0 G R AE2 F');
  await timed(demo);
  await demo.expectStill();
});

test('errors are counted on words of the dictionary', async ({ demo, page }) => {
  await openSpelling(page);
  await timed(demo);
  await page.getByRole('button', { name: 'Count on 2,000 words' }).click();
  await expect(demo.cancel).toBeFocused();
  await expect(page.getByRole('progressbar')).toBeVisible();
  await demo.cancel.click();
  await expect(demo.figure('errors-float')).toHaveText('–');
  await page.getByRole('button', { name: 'Count on 2,000 words' }).click();
  await page.getByTestId('word').fill('knight');
  await expect.poll(() => sounds(demo, 'float')).toBe('N AY1 T');
  await expect(demo.figure('errors-float')).toHaveText(/^9\.7\s%$/, { timeout: 120_000 });
  expect(await demo.number('errors-quantized')).toBeLessThanOrEqual(9.9);
  await timed(demo);
  await demo.expectAccessible();
  await demo.screenshot('spelling-errors');
});

test('the exhibit and its word are in the address, and each is as it was left', async ({ demo, page }) => {
  await demo.photo('Goldfish').check();
  await expect.poll(async () => (await demo.address()).hash).toContain('photo=Goldfish');
  await openSpelling(page);
  await expect(page.getByRole('link', { name: 'Spelling to sound' })).toHaveAttribute('aria-current', 'page');
  await page.getByTestId('word').fill('knight');
  await timed(demo);
  await expect.poll(async () => (await demo.address()).hash).toBe('#word=knight');
  expect((await demo.address()).search).toBe('?exhibit=spelling');

  await page.getByRole('link', { name: 'Pictures' }).click();
  await expect(demo.caption).toHaveText('Goldfish');
  await page.goBack();
  await expect(page.getByTestId('word')).toHaveValue('knight');
  await page.goBack();
  await expect(demo.caption).toHaveText('Goldfish');
  expect((await demo.address()).search).toBe('');

  await page.goto('/?exhibit=spelling#word=colonel');
  await expect(page.getByTestId('word')).toHaveValue('colonel');
  await timed(demo);
});

test(
  'both exhibits’ networks stay in the browser’s cache',
  { tag: ['@requests', '@any-size'] },
  async ({ demo, page }) => {
    const asked = demo.countNetworksAskedFor();
    await demo.set('8', 'dynamic: in each run');
    await demo.proceed.click();
    await demo.finished();
    await openSpelling(page);
    await timed(demo);
    expect(asked()).toBe(3);
    await page.reload();
    await timed(demo);
    await page.getByRole('link', { name: 'Pictures' }).click();
    await demo.proceed.click();
    await demo.finished();
    expect(asked()).toBe(3);
  },
);

test.describe('without a connection', { tag: '@requests' }, () => {
  test.use({ failedRequestsExpected: true });

  test('the networks can be asked for again', async ({ demo, page }) => {
    await page.route('**/*.onnx', (route) => route.abort());
    await openSpelling(page);
    await expect(demo.failure).toContainText('Cannot fetch');
    await expect(demo.figure('sounds-float')).toHaveText('–');
    await demo.expectAccessible();
    await page.unroute('**/*.onnx');
    await page.getByRole('button', { name: 'Fetch the networks' }).click();
    await timed(demo);
    await expect(demo.failure).toBeEmpty();
  });
});

test('the code that it shows does the same', { tag: ['@clipboard', '@any-size'] }, async ({ demo, page }) => {
  await openSpelling(page);
  await page.getByTestId('word').fill('Knight, through');
  const code = await demo.copiedCode();

  const folder = await mkdtemp(inProject('e2e/test-results/code-'));
  try {
    for (const file of ['models/g2p/encoder.onnx', 'models/g2p/decoder.onnx'])
      await symlink(inProject(file), join(folder, basename(file)));
    await copyFile(inProject('examples/networks/speller.mjs'), join(folder, 'speller.mjs'));
    await writeFile(join(folder, 'program.mjs'), `${code}\nconsole.log(sounds.flat().join(' '));\n`);
    const { stdout } = await run(process.execPath, ['program.mjs'], { cwd: folder });
    expect(stdout.trim()).toBe('N AY1 T TH R UW1');
  } finally {
    await rm(folder, { recursive: true });
  }
});
