// Networks of the visitor's: dropped or opened anywhere, at the head of the page, and one click from the sample.
import { readFileSync } from 'node:fs';
import { matrixFile, pictureNetwork } from './support/networks.js';
import { inProject } from './support/paths.js';
import { expect, test } from './support/test.js';

const mnist = readFileSync(inProject('models/mnist.onnx'));

test('a network that is dropped anywhere heads the page; one click leads back', async ({ demo }) => {
  await expect(demo.figure('subject')).toContainText('EfficientNet-Lite0');
  await demo.drop({ name: 'mnist.onnx', type: '', bytes: mnist });
  await demo.feedAs('mnist');
  await demo.finished();
  await expect(demo.figure('subject').getByRole('heading')).toHaveText('mnist.onnx');
  await expect(demo.figure('subject')).toContainText(/float32, 84\.\d\sKB/);
  await expect(demo.figure('operators')).toHaveText(/2\sConv, .*1\sGemm/);
  await expect(demo.figure('bytes-quantized')).toHaveText(/^\d+\.\d\sKB$/);
  await demo.expectAccessible();
  await demo.screenshot('own-network');

  await demo.set('8');
  await demo.figure('back').click();
  await demo.finished();
  await expect(demo.figure('subject').getByRole('heading')).toHaveText('EfficientNet-Lite0');
  await expect(demo.figure('back')).toHaveCount(0);
  expect((await demo.guesses('quantized'))[0]?.label).toBe('koala');
});

test('a network that is chosen or pasted as a picture is opened as a network', async ({ demo, page }) => {
  await page
    .getByTestId('picture-file')
    .setInputFiles({ name: 'MNIST.ONNX', mimeType: 'application/octet-stream', buffer: mnist });
  await expect(demo.figure('question')).toContainText('MNIST.ONNX');
  await expect(demo.failure).toBeEmpty();
});

test(
  'weights in a file of their own are opened with the network, and asked for without',
  { tag: '@everywhere' },
  async ({ demo }) => {
    await demo.set('8', 'dynamic: in each run');
    const file = pictureNetwork({ size: 32, matrixIn: 'own.onnx.data' });
    await demo.openNetworks({ name: 'own.onnx', buffer: file });
    await expect(demo.failure).toContainText(
      'The weights of own.onnx are in another file, “own.onnx.data”: open both together.',
    );
    await demo.openNetworks(
      { name: 'own.onnx.data', buffer: matrixFile },
      { name: 'own.onnx', buffer: file },
    );
    await demo.feedAs('zero-one');
    await demo.finished();
    await expect(demo.figure('subject').getByRole('heading')).toHaveText('own.onnx');
    const bytes = file.byteLength + matrixFile.byteLength;
    await expect(demo.figure('subject')).toContainText(`${(bytes / 1000).toFixed(1)}\u00a0KB`);
    await demo.drop(
      { name: 'own.onnx', type: '', bytes: file },
      { name: 'own.onnx.data', type: '', bytes: matrixFile },
    );
    await expect(demo.figure('question')).toContainText('own.onnx');
    await expect(demo.failure).toBeEmpty();
  },
);

test('results come into view after the click', { tag: '@everywhere' }, async ({ demo, page }) => {
  await demo.set('8', 'dynamic: in each run');
  await demo.proceed.click();
  await demo.finished();
  const book = page.getByRole('region', { name: 'Comparison' });
  await expect(book.getByTestId('ms-quantized')).toBeInViewport();
  await expect(book.getByTestId('ratio-time')).toBeInViewport();
});

test(
  'the second visit takes the network from the browser’s cache',
  { tag: ['@requests', '@any-size'] },
  async ({ demo, page }) => {
    const asked = demo.countNetworksAskedFor();
    await demo.set('8', 'dynamic: in each run');
    await demo.proceed.click();
    await demo.finished();
    expect(asked()).toBe(1);
    await page.reload();
    await demo.proceed.click();
    await demo.finished();
    expect(asked()).toBe(1);
    expect((await demo.guesses('float'))[0]?.label).toBe('koala');
  },
);

test(
  'without cache storage the network is fetched',
  { tag: ['@requests', '@any-size'] },
  async ({ demo, page }) => {
    await page.addInitScript(() => {
      caches.open = () => Promise.reject(new DOMException('no storage', 'SecurityError'));
    });
    await page.reload();
    await demo.set('8', 'dynamic: in each run');
    await demo.proceed.click();
    await demo.finished();
  },
);
