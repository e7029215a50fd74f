// Int8 networks that are opened as such: alone, beside their float original, and never beside another.
import { readFileSync } from 'node:fs';
import { digitTensors } from './support/digits.js';
import { int8File, pictureNetwork } from './support/networks.js';
import { inProject } from './support/paths.js';
import { expect, test } from './support/test.js';

const mnist = inProject('models/mnist.onnx');
let int8: { name: string; buffer: Buffer };

test.beforeAll(async () => {
  int8 = { name: 'mine.int8.onnx', buffer: await int8File('models/mnist.onnx', await digitTensors(16)) };
});

test('stands alone, and then beside its float original', async ({ demo, page }) => {
  await demo.openNetworks(int8);
  await demo.feedAs('mnist');
  await demo.finished();
  await expect(demo.figure('subject')).toContainText('int8, static, opened as such');
  await expect(demo.figure('about-float')).toHaveText('its original is not open');
  await expect(demo.figure('about-quantized')).toHaveText('mine.int8.onnx, opened as it is');
  await expect(demo.figure('bytes-float')).toHaveText('–');
  await expect(demo.figure('ratio-time')).toHaveText(/–/);
  await expect(demo.figure('cosine')).toHaveText('–');
  expect(await demo.number('ms-quantized')).toBeGreaterThan(0);
  await expect(demo.download).toHaveCount(0);
  await expect(demo.proceed).toHaveText('Measure again');
  await demo.expectAccessible();
  await demo.screenshot('int8-alone');
  const alone = await demo.guesses('quantized');

  await demo.openNetworks(mnist);
  await demo.finished();
  await expect(demo.figure('about-float')).toHaveText('mnist.onnx');
  await expect(demo.figure('about-quantized')).toHaveText('mine.int8.onnx, opened as it is');
  expect(await demo.guesses('quantized')).toEqual(alone);
  expect(await demo.number('cosine')).toBeGreaterThan(0.9);

  await page.getByRole('button', { name: 'Close mine.int8.onnx' }).click();
  await expect(demo.figure('about-quantized')).toHaveText('\u00a0');
  await expect(demo.proceed).toHaveText('Quantize');
  await demo.proceed.click();
  await demo.finished();
  await expect(demo.figure('about-quantized')).toHaveText('static, u8, histogram of 32 photos');
});

test('both files at once stand side by side', { tag: '@everywhere' }, async ({ demo }) => {
  await demo.openNetworks({ name: 'mnist.onnx', buffer: readFileSync(mnist) }, int8);
  await demo.feedAs('mnist');
  await demo.finished();
  await expect(demo.figure('about-float')).toHaveText('mnist.onnx');
  await expect(demo.figure('about-quantized')).toHaveText('mine.int8.onnx, opened as it is');
});

test('does not stand beside a network that it is no copy of', async ({ demo }) => {
  await demo.openNetworks({ name: 'other.onnx', buffer: pictureNetwork({ size: 28, channels: 1 }) });
  await demo.feedAs('zero-one');
  await demo.finished();
  await demo.openNetworks(int8);
  await expect(demo.figure('question')).toContainText('mine.int8.onnx');
  await expect(demo.figure('subject')).not.toContainText('other.onnx');
  await expect(demo.figure('bytes-float')).toHaveText('–');
  await expect(demo.figure('ms-quantized')).toHaveText('–');
});
