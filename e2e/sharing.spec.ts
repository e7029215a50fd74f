// What can be taken along: the address, the code; and what explains itself.
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inProject } from './support/paths.js';
import { expect, test } from './support/test.js';

const run = promisify(execFile);

test(
  'the address holds the settings, and gives them back',
  { tag: '@everywhere' },
  async ({ demo, page }) => {
    expect((await demo.address()).hash).toBe('');
    await demo.set('8', 'moving average', '7 bits');
    await demo.photo('Goldfish').check();
    await expect(demo.caption).toHaveText('Goldfish');
    await expect.poll(async () => (await demo.address()).hash).toContain('photo=Goldfish');
    const { href: shared } = await demo.address();
    await page.goto('about:blank');
    await page.goto(shared);
    await expect(demo.caption).toHaveText('Goldfish');
    await expect(demo.settings).toContainText('static, u7, moving average of 8 photos');
    expect((await demo.address()).href).toBe(shared);
    await page.goto(`${shared.split('#')[0]}#method=dynamic&photos=9&photo=Unicorn`);
    await expect(demo.settings).toContainText('dynamic, u8, ranges found in each run');
  },
);

test('the address holds how pictures are fed, where that is not as usual', async ({ demo, page }) => {
  await page.goto('/#photos=8&method=dynamic&preprocessing=imagenet');
  await page.reload();
  await demo.proceed.click();
  await demo.finished();
  await expect(demo.figure('feed').locator('summary')).toContainText('imagenet');
  await demo.figure('feed').locator('summary').click();
  await page.getByLabel('Preset').selectOption('efficientnet-lite');
  await expect.poll(async () => (await demo.address()).hash).not.toContain('preprocessing');
  await page.getByLabel('Resize').selectOption('stretch');
  await expect
    .poll(async () => decodeURIComponent((await demo.address()).hash))
    .toContain('"resize":"stretch"');
});

test('the code that it shows does the same', { tag: ['@clipboard', '@any-size'] }, async ({ demo }) => {
  const code = await demo.copiedCode();
  await demo.set('dynamic: in each run', '7 bits');
  await expect(demo.figure('code')).toContainText('quantizeDynamic({ opTypesToQuantize');
  await expect(demo.figure('code')).toContainText('reduceRange: true');

  const folder = await mkdtemp(inProject('e2e/test-results/code-'));
  try {
    await symlink(inProject('models/efficientnet-lite0.onnx'), join(folder, 'efficientnet-lite0.onnx'));
    const picture = JSON.stringify(inProject('models/photos/koala.jpg'));
    const program = [
      "import { readImage } from 'octavo/node';",
      `const picture = await readImage(${picture});`,
      'const pictures = [picture, picture];',
      code,
      'console.log(String(answer.logits.data.indexOf(Math.max(...answer.logits.data))));',
    ].join('\n');
    await writeFile(join(folder, 'program.mjs'), program);
    const { stdout } = await run(process.execPath, ['program.mjs'], { cwd: folder });
    // Koala.
    expect(stdout.trim()).toBe('105');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('terms explain themselves when pressed, by keyboard too', async ({ demo, page }) => {
  const meaning = page.getByText('Signal to quantization noise ratio');
  await expect(meaning).toBeHidden();
  await page.getByRole('button', { name: 'SQNR' }).click();
  await expect(meaning).toBeVisible();
  await demo.expectAccessible();
  await page.keyboard.press('Escape');
  await expect(meaning).toBeHidden();
  await page.getByRole('button', { name: 'Cosine' }).press('Enter');
  await expect(page.getByText('1 when they point the same way')).toBeVisible();
  await page.keyboard.press('Escape');
  await demo.settings.click();
  for (const term of ['u8', 'u7', 'static', 'dynamic']) {
    await page.getByRole('button', { name: term, exact: true }).click();
    await expect(page.locator('.footnote:popover-open')).toBeVisible();
    await page.keyboard.press('Escape');
  }
});

test('dynamic says what it is on a convolutional network', async ({ demo, page }) => {
  await expect(demo.figure('dynamic-note')).toHaveCount(0);
  await demo.settings.click();
  await page.getByRole('radio', { name: 'dynamic: in each run' }).check();
  await expect(demo.figure('dynamic-note')).toContainText('static, which learns ranges once');
  await demo.expectAccessible();
  await demo.screenshot('dynamic');
});

test('old figures are marked, and the download says what it is', async ({ demo, page }) => {
  await demo.set('8');
  await demo.openNetworks(inProject('models/mnist.onnx'));
  await demo.feedAs('mnist');
  await demo.finished();
  await expect(demo.download).toContainText('static, u8, histogram of 8 photos');
  await demo.set('7 bits');
  await expect(page.getByText('old', { exact: true })).toHaveCount(1);
  await expect(page.getByTestId('page-quantized').getByText('old', { exact: true })).toBeVisible();
  await expect(demo.figure('idle')).toContainText('it is of static, u8, histogram of 8 photos');
  await expect(demo.download).toContainText('mnist.static-u8.int8.onnx');
  await demo.expectAccessible();
  await demo.screenshot('old');
  await demo.set('8 bits');
  await expect(page.getByText('old', { exact: true })).toHaveCount(0);
  await expect(demo.proceed).toHaveText('Measure again');
});

test('a finger chooses, a mouse drops', async ({ demo, isMobile }) => {
  const legend = demo.page.locator('.strip legend');
  const text = () => legend.innerText();
  expect(await text()).toMatch(isMobile ? /choose your own/ : /drop your own/);
  expect(await text()).not.toMatch(isMobile ? /drop/ : /choose/);
});
