// The third exhibit: handwritten digits, read by networks of fewer and fewer bits.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadModel } from 'octavo';
import type { DemoPage } from './support/demo-page.js';
import { draw, seven, written } from './support/handwriting.js';
import { inProject } from './support/paths.js';
import { expect, test } from './support/test.js';

const run = promisify(execFile);

const untrained = ['float', 'static-8', 'static-4', 'static-3', 'static-2'];

async function openDigits(demo: DemoPage): Promise<void> {
  await demo.page.getByRole('link', { name: 'Handwriting' }).click();
  await expect(demo.figure('outcome')).toHaveText(/^Ready in/);
}

test('networks of fewer and fewer bits read as one draws', { tag: '@everywhere' }, async ({ demo, page }) => {
  await openDigits(demo);
  expect(await demo.number('accuracy-float')).toBe(97.9);
  expect(await demo.number('accuracy-static-8')).toBeGreaterThan(97);
  expect(await demo.number('accuracy-static-4')).toBeGreaterThan(97);
  expect(await demo.number('accuracy-static-3')).toBeGreaterThan(90);
  expect(await demo.number('accuracy-static-2')).toBeLessThan(60);
  await expect(demo.figure('bytes-float')).toHaveText(/^37\.3\sKB$/);
  expect(await demo.number('bytes-static-4')).toBeLessThan(20);
  await expect(demo.caption).toHaveText('A 3 of MNIST');
  await expect(demo.figure('answer-float')).toHaveText('3');
  await expect(demo.figure('share-float')).toHaveText(/^[\d.]+\s%$/);
  await demo.expectAccessible();
  await demo.screenshot('digits-sample');

  await draw(page, seven);
  await expect(demo.caption).toHaveText('Yours, as networks see it');
  for (const id of untrained.slice(0, 4)) await expect(demo.figure(`answer-${id}`)).toHaveText('7');
  await expect(demo.figure('read')).toHaveText(/^Read: float32 7, 8 bits 7,/);
  await demo.screenshot('digits-drawn');
  await demo.expectStill();
});

test('each digit is read, drawn by a steady hand', { tag: '@any-size' }, async ({ demo, page }) => {
  await openDigits(demo);
  for (const [digit, lines] of written.entries()) {
    await page.getByRole('button', { name: 'Clear' }).click();
    for (const line of lines) await draw(page, line);
    await expect.soft(demo.figure('answer-float'), `a ${digit}`).toHaveText(String(digit));
  }
});

test('the pad is cleared and filled by keyboard', async ({ demo, page }) => {
  await openDigits(demo);
  await page.getByRole('button', { name: 'Clear' }).press('Enter');
  await expect(demo.caption).toHaveText('Draw a digit');
  await expect(demo.figure('answer-float')).toHaveText('–');
  await demo.expectAccessible();
  await page.getByRole('button', { name: 'Another digit' }).press('Enter');
  await expect(demo.caption).toHaveText('A 5 of MNIST');
  await expect(demo.figure('answer-float')).toHaveText('5');
});

/** Trains until so many steps are done, and then pauses. */
async function trainAndPause(demo: DemoPage, steps: number): Promise<void> {
  await demo.proceed.click();
  await expect.poll(() => demo.number('steps'), { timeout: 120_000 }).toBeGreaterThanOrEqual(steps);
  await demo.proceed.click();
  await expect(demo.proceed).toHaveText('Go on');
  await expect(demo.status).toHaveText('Paused');
}

/** Waits until a training has come to its end. */
const trained = (demo: DemoPage) =>
  expect(demo.figure('outcome')).toHaveText(/^Trained for/, { timeout: 240_000 });

test('training mends what two bits break', { tag: '@everywhere' }, async ({ demo, page }, testInfo) => {
  await openDigits(demo);
  await expect(demo.download).toHaveAttribute('aria-disabled', 'true');
  await trainAndPause(demo, 40);
  const early = await demo.number('validation');
  const paused = await demo.figure('steps').innerText();
  await draw(page, seven);
  await expect(demo.figure('answer-float')).toHaveText('7');
  await expect(demo.figure('answer-trained')).toHaveText(/^\d$/);
  await demo.expectAccessible();
  await demo.screenshot('digits-paused');
  await expect(demo.figure('steps')).toHaveText(paused);

  await demo.proceed.click();
  await trained(demo);
  await expect(demo.figure('steps')).toHaveText('252');
  expect(await demo.number('validation')).toBeGreaterThan(early);
  expect(await demo.number('accuracy-trained')).toBeGreaterThan(90);
  await expect(demo.figure('answer-trained')).toHaveText('7');
  await page.getByLabel('Layer').selectOption('8.weight');
  await expect(demo.proceed).toHaveText('Train with 2 bits');
  await demo.expectAccessible();
  await demo.screenshot('digits-trained');

  const download = await demo.downloadWith(() => demo.download.click());
  expect(download.suggestedFilename()).toBe('digits.trained-2-bit.onnx');
  const path = testInfo.outputPath('trained.onnx');
  await download.saveAs(path);
  const file = await loadModel(path);
  expect(file.describe().quantization.scheme).toBe('static');
  file.dispose();
});

test('a training can be stopped, and needs no labels', async ({ demo, page }) => {
  await openDigits(demo);
  await page.getByRole('radio', { name: '3 bits' }).check();
  await page.getByRole('radio', { name: 'the float network, no labels' }).check();
  await expect(demo.figure('code')).toContainText("weights: { bits: 3 }, scales: 'learned'");
  await expect(demo.figure('code')).toContainText("loss: 'distillation'");
  await trainAndPause(demo, 20);
  await page.getByRole('button', { name: 'Stop' }).click();
  await trained(demo);
  await expect(demo.proceed).toBeFocused();
  await expect(demo.proceed).toHaveText('Train with 3 bits');
  await expect(demo.figure('leaf-trained')).toContainText('3 bits, trained');
  expect(await demo.number('accuracy-trained')).toBeGreaterThan(80);
});

test('a digit of one’s own is learned at once', async ({ demo, page }) => {
  await openDigits(demo);
  await trainAndPause(demo, 120);
  await page.getByRole('button', { name: 'Stop' }).click();
  await trained(demo);
  await draw(page, [
    [0.2, 0.2],
    [0.8, 0.8],
    [0.8, 0.2],
    [0.2, 0.8],
  ]);
  await expect(demo.figure('answer-trained')).toHaveText(/^\d$/);
  const label = String((Number(await demo.figure('answer-trained').innerText()) + 5) % 10);
  await page.getByRole('button', { name: label, exact: true }).click();
  const outcome = new RegExp(`^Learned: your ${label} is read as one|^Your ${label} is still read as \\d`);
  await expect(demo.figure('outcome')).toHaveText(outcome, { timeout: 60_000 });
  // How many turns it takes depends on where the pause fell.
  if ((await demo.figure('outcome').innerText()).startsWith('Learned'))
    await expect(demo.figure('answer-trained')).toHaveText(label);
  expect(await demo.number('accuracy-trained')).toBeGreaterThan(60);
  await expect(page.getByTestId('examples').locator('li')).toHaveCount(1);
  await demo.expectAccessible();
  await demo.screenshot('digits-learned');
});

test('the address holds the settings, and the exhibit is as it was left', async ({ demo, page }) => {
  await openDigits(demo);
  expect((await demo.address()).hash).toBe('');
  await page.getByRole('radio', { name: '4 bits' }).check();
  await page.getByRole('radio', { name: 'the float network, no labels' }).check();
  await expect.poll(async () => (await demo.address()).hash).toBe('#bits=4&teacher=network');
  await draw(page, seven);
  await page.getByRole('link', { name: 'Pictures' }).click();
  await expect(page.getByTestId('paper')).toHaveCount(0);
  await page.goBack();
  await expect(demo.caption).toHaveText('Yours, as networks see it');
  await expect(demo.proceed).toHaveText('Train with 4 bits');
  await page.goto('/?exhibit=digits#bits=3');
  await page.reload();
  await expect(demo.figure('outcome')).toHaveText(/^Ready in/);
  await expect(demo.proceed).toHaveText('Train with 3 bits');
});

test.describe('without a connection', { tag: '@requests' }, () => {
  test.use({ failedRequestsExpected: true });

  test('the exhibit and its data can be asked for again', async ({ demo, page }) => {
    await page.route(/open-.*\.js$/, (route) => route.abort());
    await page.getByRole('link', { name: 'Handwriting' }).click();
    await expect(demo.failure).toContainText('This exhibit could not be fetched');
    await demo.expectAccessible();
    await page.unroute(/open-.*\.js$/);
    await page.route(/digits-.*\.png$/, (route) => route.abort());
    await page.getByRole('button', { name: 'Load the page again' }).click();
    await expect(demo.failure).toContainText('Cannot fetch');
    await expect(demo.figure('answer-float')).toHaveText('–');
    await page.unroute(/digits-.*\.png$/);
    await page.getByRole('button', { name: 'Fetch the network' }).click();
    await expect(demo.figure('answer-float')).toHaveText('3');
    await expect(demo.failure).toBeEmpty();

    await page.route(/engine-train-.*\.wasm$/, (route) => route.abort());
    await expect(demo.proceed).toHaveText('Train with 2 bits');
    await demo.proceed.click();
    await expect(demo.failure).toContainText('engine-train');
    await expect(demo.figure('answer-trained')).toHaveText('–');
    await expect(demo.download).toHaveAttribute('aria-disabled', 'true');
    await page.unroute(/engine-train-.*\.wasm$/);
    await trainAndPause(demo, 1);
    await page.getByRole('button', { name: 'Stop' }).click();
    await trained(demo);
    await expect(demo.failure).toBeEmpty();
  });
});

test('the code that it shows does the same', { tag: ['@clipboard', '@any-size'] }, async ({ demo }) => {
  await openDigits(demo);
  const code = await demo.copiedCode();

  const folder = await mkdtemp(inProject('e2e/test-results/code-'));
  try {
    await symlink(inProject('models/digits.onnx'), join(folder, 'digits.onnx'));
    // Some digits of each class.
    const program = [
      "import { Tensor } from 'octavo';",
      "import { readImage } from 'octavo/node';",
      `const { data, width } = await readImage(${JSON.stringify(inProject('models/digits.png'))});`,
      'const labels = Array.from({ length: 640 }, (_, i) => i % 10);',
      'const samples = labels.map((label, i) => {',
      '  const [top, left] = [label * 5 * 28, Math.floor(i / 10) * 28];',
      '  const pixel = (_, at) => data[((top + Math.floor(at / 28)) * width + left + (at % 28)) * 4] / 255;',
      "  return new Tensor('float32', Float32Array.from({ length: 784 }, pixel), [1, 1, 28, 28]);",
      '});',
      code,
      'console.log(String(logits.data.indexOf(Math.max(...logits.data))));',
    ].join('\n');
    await writeFile(join(folder, 'program.mjs'), program);
    const { stdout } = await run(process.execPath, ['program.mjs'], { cwd: folder });
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(41);
    expect(lines.at(-1)).toBe('0');
  } finally {
    await rm(folder, { recursive: true });
  }
});
