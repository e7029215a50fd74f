// The adviser: every method measured, as a picture of which each dot can be chosen.
import { statSync } from 'node:fs';
import type { Locator } from '@playwright/test';
import { loadModel } from 'octavo';
import type { DemoPage } from './support/demo-page.js';
import { writeDigits } from './support/digits.js';
import { pictureNetwork } from './support/networks.js';
import { inProject } from './support/paths.js';
import { expect, test } from './support/test.js';

const dots = (demo: DemoPage) => demo.figure('methods').getByRole('button');
const dot = (demo: DemoPage, name: string) =>
  demo.figure('methods').getByRole('button', { name: `${name}: ` });

/** "10.5 KB" of "static, mse: 10.5 KB, 24.6 dB, 0.20 ms". */
async function sizeOf(button: Locator): Promise<string> {
  const label = await button.evaluate((element) => element.getAttribute('aria-label') ?? '');
  return /: ([\d.]+\s[KM]B),/.exec(label)?.[1] ?? 'no size';
}

/** Opens a small network and has it measured and quantized as the page begins. */
async function openDigitNetwork(demo: DemoPage): Promise<void> {
  await demo.set('8');
  await demo.openNetworks(inProject('models/mnist.onnx'));
  await demo.feedAs('mnist');
  await demo.finished();
}

const advised = (demo: DemoPage) =>
  expect(demo.status).toHaveText(/^Measured \d+ methods on \d+ pictures/, { timeout: 120_000 });

test('measures every method, and makes the one that is chosen', async ({ demo, page }, testInfo) => {
  await openDigitNetwork(demo);
  const advise = demo.figure('advise');

  await test.step('it can be stopped', async () => {
    await advise.click();
    await expect(page.getByRole('progressbar')).toBeVisible();
    await demo.cancel.click();
    await expect(demo.status).toHaveText('Cancelled.');
    await expect(demo.figure('advice')).toHaveCount(0);
    await expect(advise).toHaveText('Advise me');
    await expect(demo.proceed).toHaveText('Measure again');
  });

  await test.step('what it found', async () => {
    await advise.click();
    await expect(demo.status).toHaveText('Measuring', { timeout: 60_000 });
    await advised(demo);
    const count = (await dots(demo).allInnerTexts()).length;
    expect(count).toBeGreaterThan(5);
    await expect(dot(demo, 'float')).toHaveAttribute('aria-label', /exact/);
    await expect(demo.figure('reason')).not.toBeEmpty();
    await expect(demo.figure('advice').getByText('advised')).toHaveCount(1);
    // The network that is there is the one of the settings.
    await expect(dot(demo, 'static')).toHaveAttribute('aria-pressed', 'true');
    await demo.figure('advice').getByText('The figures').click();
    await expect(demo.figure('advice').locator('tr')).toHaveCount(count + 1);
    // The memory of each, as its file is in kilobytes.
    const cells = await demo.figure('advice').locator('td').allInnerTexts();
    expect(cells.filter((cell) => /^[\d.]+\sMB$/.test(cell.trim()))).toHaveLength(count);
    await demo.expectAccessible();
    await demo.screenshot('advice');
    await demo.figure('advice').getByText('The figures').click();
  });

  await test.step('one that settings express, by keyboard', async () => {
    const u7 = dot(demo, 'static, u7');
    await u7.press('Enter');
    await demo.finished();
    await expect(u7).toBeFocused();
    await expect(u7).toHaveAttribute('aria-pressed', 'true');
    await expect(dot(demo, 'static')).toHaveAttribute('aria-pressed', 'false');
    await expect(demo.figure('about-quantized')).toHaveText('static, u7, histogram of 8 photos');
    await expect(demo.settings).toContainText('static, u7, histogram of 8 photos');
    await expect(demo.figure('bytes-quantized')).toHaveText(await sizeOf(u7));
  });

  const weights = dot(demo, 'weights, 8 bits');
  await test.step('one that they do not, by pointer', async () => {
    await weights.getByText('weights, 8 bits').click();
    await demo.finished();
    await expect(weights).toHaveAttribute('aria-pressed', 'true');
    await expect(demo.figure('about-quantized')).toHaveText('weights, 8 bits');
    await expect(demo.settings).toContainText('weights, 8 bits');
    await expect(demo.figure('bytes-quantized')).toHaveText(await sizeOf(weights));
    await expect(demo.figure('taken')).toContainText('Chosen: weights, 8 bits');
    await expect(demo.figure('code')).toContainText('model.quantizeWeights({');
    await expect(demo.proceed).toHaveText('Measure again');
    await demo.expectAccessible();
    await demo.screenshot('advice-chosen');
  });

  await test.step('its file', async () => {
    const download = await demo.downloadWith(() => demo.download.click());
    expect(download.suggestedFilename()).toBe('mnist.weights-8-bits.onnx');
    const path = testInfo.outputPath('chosen.onnx');
    await download.saveAs(path);
    expect(`${(statSync(path).size / 1e3).toFixed(1)}\u00a0KB`).toBe(await sizeOf(weights));
    const file = await loadModel(path);
    expect(file.describe().quantization.scheme).toBe('weight-only');
    file.dispose();
  });

  await test.step('a setting takes its place', async () => {
    await demo.settings.click();
    await expect(demo.figure('instead')).toContainText('As advised: weights, 8 bits');
    await page.getByRole('radio', { name: '8 bits', exact: true }).check();
    await expect(demo.figure('instead')).toHaveCount(0);
    await expect(demo.settings).toContainText('static, u8, histogram of 8 photos');
    await expect(demo.proceed).toHaveText('Quantize again');
    // What is shown is what it was, and said to be old.
    await expect(weights).toHaveAttribute('aria-pressed', 'true');
    await expect(demo.figure('idle')).toContainText('it is of weights, 8 bits');
  });

  await test.step('advice is old once others are learnt from', async () => {
    await page.getByRole('radio', { name: '16', exact: true }).check();
    await expect(demo.figure('advice').getByRole('heading')).toHaveText('Advice old');
    await expect(weights).toHaveAttribute('aria-disabled', 'true');
    await page.getByRole('radio', { name: '8', exact: true }).check();
    await expect(demo.figure('advice').getByRole('heading')).toHaveText('Advice');
    await expect(weights).toHaveAttribute('aria-disabled', 'false');
  });

  await test.step('and forgotten with its network', async () => {
    await demo.openNetworks({ name: 'other.onnx', buffer: pictureNetwork({ size: 28, channels: 1 }) });
    await expect(demo.figure('question')).toBeVisible();
    await expect(demo.figure('advice')).toHaveCount(0);
    await expect(demo.figure('advise')).toHaveAttribute('aria-disabled', 'true');
  });
});

test('compares layer by layer', async ({ demo }) => {
  await openDigitNetwork(demo);
  await demo.figure('compare-layers').click();
  await expect(demo.status).toHaveText(/^Compared \d+ layers on the picture/);
  const layers = demo.figure('layers');
  const [, count] = /(\d+) layers/.exec(await demo.status.innerText()) ?? [];
  await layers.getByText('Every layer').click();
  await expect(layers.locator('tr')).toHaveCount(Number(count) + 1);
  await demo.expectAccessible();
  await demo.screenshot('layers');

  await demo.photo('Goldfish').check();
  await expect(layers).toHaveCount(0);
});

test('weighs right answers where there are labels', { tag: '@folders' }, async ({ demo, page }, testInfo) => {
  await openDigitNetwork(demo);
  const digits = testInfo.outputPath('digits');
  await writeDigits(digits, 40);
  await page.getByTestId('calibration-folder').setInputFiles(digits);
  await page.getByTestId('labelled-folder').setInputFiles(digits);
  await demo.figure('advise').click();
  await advised(demo);
  await expect(demo.status).toHaveText(/on 40 pictures/);
  await expect(demo.figure('reason')).toContainText(/with a score of|float network is the one/);
  await expect(dot(demo, 'float')).toHaveAttribute('aria-label', /, [\d.]+\s%,/);
  await demo.screenshot('advice-labelled');
});
