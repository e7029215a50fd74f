// How pictures are fed: asked where the file does not say, shown, changed, remembered by the file that is written.
import { readFile } from 'node:fs/promises';
import { pictureNetwork, type Wish } from './support/networks.js';
import { inProject } from './support/paths.js';
import { expect, test } from './support/test.js';

const wishes: [Wish, preset: string, shown: string][] = [
  [{ size: 28, channels: 1 }, 'mnist', '28×28 grey, NCHW'],
  [{ size: 28, channels: 1, layout: 'NHWC' }, 'zero-one', '28×28 grey, NHWC'],
  [{ size: 32 }, 'zero-one', '32×32 RGB, NCHW'],
  [{ size: 32, layout: 'NHWC' }, 'minus-one-one', '32×32 RGB, NHWC'],
  [{ size: 96, layout: 'NHWC' }, 'minus-one-one', '96×96 RGB, NHWC'],
  [{ size: 160 }, 'imagenet', '160×160 RGB, NCHW'],
  [{ size: 224 }, 'imagenet', '224×224 RGB, NCHW'],
  [{ size: 224, layout: 'NHWC' }, 'efficientnet-lite', '224×224 RGB, NHWC'],
  [{ size: 256, channels: 1 }, 'zero-one', '256×256 grey, NCHW'],
  [{ size: 299, layout: 'NHWC' }, 'as they are', '299×299 RGB, NHWC'],
  [{}, 'imagenet', '224×224 RGB, NCHW'],
  [{ layout: 'NHWC' }, 'minus-one-one', '224×224 RGB, NHWC'],
];

test('twelve networks are asked about, fed and quantized', { tag: '@any-size' }, async ({ demo }) => {
  await demo.set('8');
  for (const [index, [wish, preset, shown]] of wishes.entries()) {
    await test.step(`${shown}, ${preset}`, async () => {
      const name = `network-${index}.onnx`;
      await demo.openNetworks({ name, buffer: pictureNetwork(wish) });
      await expect(demo.figure('question')).toContainText(name);
      await expect(demo.figure('about-quantized')).toHaveText('\u00a0');
      await demo.feedAs(preset);
      await expect(demo.download).toContainText(`network-${index}.static-u8.int8.onnx`, { timeout: 60_000 });
      await demo.finished();
      await expect(demo.figure('feed').locator('summary')).toContainText(shown);
      expect(await demo.guesses('quantized')).toHaveLength(5);
      expect(await demo.number('cosine')).toBeGreaterThan(0.9);
    });
  }
});

test(
  'is asked before anything is calibrated, and can be changed afterwards',
  { tag: '@everywhere' },
  async ({ demo, page }) => {
    await demo.set('8');
    await demo.openNetworks({ name: 'own.onnx', buffer: pictureNetwork({ size: 96 }) });
    const question = demo.figure('question');
    await expect(question.getByRole('button')).toHaveText([
      'imagenet',
      'efficientnet-lite',
      'zero-one',
      'minus-one-one',
      'as they are',
    ]);
    await expect(question.getByRole('button', { name: 'imagenet' })).toBeFocused();
    await expect(demo.figure('ms-float')).toHaveText('–');
    await demo.expectAccessible();
    await demo.screenshot('question');
    await page.keyboard.press('Enter');
    await demo.finished();
    await expect(demo.proceed).toBeFocused();
    const before = await demo.guesses('float');

    await demo.figure('feed').locator('summary').click();
    await expect(page.getByLabel('Mean, to take away')).toHaveValue('0.485, 0.456, 0.406');
    await page.getByLabel('Preset').selectOption('zero-one');
    await expect(page.getByLabel('Mean, to take away')).toHaveValue('0');
    await expect(demo.figure('about-quantized')).toBeVisible();
    await expect(page.getByText('old', { exact: true })).toHaveCount(2);
    await expect(demo.proceed).toHaveText('Quantize again');
    await demo.expectAccessible();
    await demo.screenshot('changed');
    await demo.proceed.click();
    await demo.finished();
    await expect(page.getByText('old', { exact: true })).toHaveCount(0);
    expect(await demo.guesses('float')).not.toEqual(before);

    await demo.type('Scale', '1/128');
    await expect(page.getByLabel('Preset')).toHaveValue('own numbers');
    await demo.type('Width', '97');
    await expect(demo.failure).toContainText(/width 96, not 97/);
    await expect(page.getByLabel('Width')).toHaveValue('96');
  },
);

test(
  'where all dimensions are open, the form of pictures is asked for first, and can be changed',
  { tag: '@everywhere' },
  async ({ demo, page }) => {
    await demo.set('8');
    await demo.openNetworks({
      name: 'open.onnx',
      buffer: pictureNetwork({ size: 32, layout: 'NHWC', open: true }),
    });
    const question = demo.figure('question');
    await expect(question.getByRole('button')).toHaveText([
      '3 × height × width',
      '1 × height × width',
      'height × width × 3',
      'height × width × 1',
    ]);
    await expect(question.getByRole('button', { name: '3 × height × width' })).toBeFocused();
    await demo.expectAccessible();
    await demo.screenshot('form-question');

    // The wrong one is an error that names the layer, and not an answer.
    await demo.feedAs('3 × height × width');
    await expect(question.getByRole('button', { name: 'imagenet' })).toBeFocused();
    await demo.feedAs('imagenet');
    await expect(demo.failure).toContainText(/channels/);

    await demo.figure('feed').locator('summary').click();
    await page.getByRole('button', { name: 'Another layout' }).click();
    await demo.feedAs('height × width × 3');
    await demo.feedAs('zero-one');
    await demo.finished();
    await expect(demo.figure('feed').locator('summary')).toContainText('RGB, NHWC, zero-one');
    await expect(demo.figure('code')).toContainText("'zero-one', { layout: 'NHWC', channels: 'RGB' }");
  },
);

test('the file that is written remembers it', { tag: '@everywhere' }, async ({ demo, page }, testInfo) => {
  await demo.set('8');
  await demo.openNetworks({ name: 'own.onnx', buffer: pictureNetwork({ size: 32 }) });
  await demo.feedAs('minus-one-one');
  await demo.finished();
  const download = await demo.downloadWith(() => demo.download.click());
  const path = testInfo.outputPath('own.int8.onnx');
  await download.saveAs(path);
  await page.reload();
  await demo.openNetworks({ name: 'own.int8.onnx', buffer: await readFile(path) });
  await demo.finished();
  await expect(demo.figure('question')).toHaveCount(0);
  await expect(demo.figure('feed').locator('summary')).toContainText('minus-one-one');
});

test('a network that takes no pictures is refused by name, and the present one stays', async ({ demo }) => {
  await demo.set('8');
  await demo.openNetworks(inProject('models/mnist.onnx'));
  await demo.feedAs('mnist');
  await demo.finished();
  await demo.openNetworks({ name: 'five.onnx', buffer: pictureNetwork({ size: 32, channels: 5 as 3 }) });
  await expect(demo.failure).toContainText('five.onnx');
  await expect(demo.failure).toContainText('1 or 3 channels');
  await expect(demo.figure('subject').getByRole('heading')).toHaveText('mnist.onnx');
  expect(await demo.guesses('quantized')).toHaveLength(5);
});
