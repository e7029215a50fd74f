// The whole road: load, quantize, compare, download.
import { readFileSync, statSync } from 'node:fs';
import { findPreprocessing, imageToTensor, loadModel } from 'octavo';
import { readImage } from 'octavo/node';
import { inProject } from './support/paths.js';
import { expect, test } from './support/test.js';

const network = inProject('models/efficientnet-lite0.onnx');

test('loads, quantizes, compares and downloads', async ({ demo, page }, testInfo) => {
  await test.step('before anything is loaded', async () => {
    await expect(demo.proceed).toHaveText('Load and quantize');
    await demo.expectAccessible();
    await demo.screenshot('1-before');
  });

  await test.step('while it works', async () => {
    await demo.set('8');
    await demo.proceed.click();
    await expect(page.getByRole('progressbar')).toBeVisible();
    await expect(demo.cancel).toBeVisible();
    await demo.expectAccessible();
    await demo.screenshot('2-working');
  });

  await test.step('what it found', async () => {
    await demo.finished();
    const [float, quantized] = [await demo.guesses('float'), await demo.guesses('quantized')];
    expect(float[0]?.label).toBe('koala');
    expect(quantized[0]?.label).toBe('koala');
    expect(float[0]?.percent).toBeGreaterThan(50);
    await expect(demo.figure('top1')).toHaveText('yes');
    expect(await demo.number('cosine')).toBeGreaterThan(0.95);
    expect(await demo.number('sqnr')).toBeGreaterThan(5);
    expect(await demo.number('ms-float')).toBeGreaterThan(0);
    expect(await demo.number('ms-quantized')).toBeGreaterThan(0);
    await expect(demo.figure('ratio-time')).toHaveText(/^[\d.]+× (faster|slower)$/);
    expect(await demo.number('ratio-size')).toBeGreaterThan(3.6);
    expect(await demo.number('size-share')).toBeLessThanOrEqual(27);
    await demo.expectAccessible();
    await demo.screenshot('3-found');
    await demo.expectStill();
  });

  await test.step('another photo is looked at at once', async () => {
    await demo.photo('Goldfish').check();
    await demo.finished();
    expect((await demo.guesses('quantized'))[0]?.label).toBe('goldfish');
  });

  await test.step('the file that it offers', async () => {
    const download = await demo.downloadWith(() => demo.download.click());
    expect(download.suggestedFilename()).toBe('efficientnet-lite0.static-u8.int8.onnx');
    const path = testInfo.outputPath('int8.onnx');
    await download.saveAs(path);
    expect(statSync(path).size / statSync(network).size).toBeLessThanOrEqual(0.27);
    expect((await guessesInNode(path, 'goldfish'))[0]).toBe('goldfish');
    await expect(demo.status).toContainText('was written');
  });

  await test.step('all photos', async () => {
    await page.getByRole('button', { name: 'Compare on all 15 photos' }).click();
    await expect(demo.figure('top1-all')).toHaveText(/^\d+ of 15$/, { timeout: 120_000 });
    expect(await demo.number('top1-all')).toBeGreaterThanOrEqual(12);
    await demo.page.locator('details.kernels summary').click();
    await demo.settings.click();
    await demo.expectAccessible();
    await demo.screenshot('4-all');
  });
});

/** What the package makes of a sample photo with a model file, in Node: labels from the best on. */
async function guessesInNode(modelPath: string, photo: string): Promise<string[]> {
  const labels = JSON.parse(readFileSync(inProject('models/imagenet-labels.json'), 'utf8')) as string[];
  const model = await loadModel(modelPath);
  try {
    expect(model.describe().quantization).toMatchObject({ scheme: 'static', islands: [] });
    const image = await readImage(inProject(`models/photos/${photo}.jpg`));
    const { known } = findPreprocessing(model);
    if (!known) throw new Error('the file has forgotten how it is fed');
    const { logits } = await model.run({ images: imageToTensor(image, known) });
    const values = [...((logits?.data ?? []) as Float32Array)];
    return values
      .map((value, index) => ({ value, label: labels[index] ?? '' }))
      .sort((a, b) => b.value - a.value)
      .map(({ label }) => label);
  } finally {
    model.dispose();
  }
}
