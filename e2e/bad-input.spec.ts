// What is not a picture or not a network is told in words, and the page stays usable.
import { readFileSync } from 'node:fs';
import { inProject } from './support/paths.js';
import { expect, test } from './support/test.js';
import type { DemoPage } from './support/demo-page.js';

const photo = inProject('models/photos/dog.jpg');
const textFile = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('not a picture') };

/** A network that is quick to quantize goes all the way: the engine survived what came before. */
async function expectUsable(demo: DemoPage): Promise<void> {
  await demo.set('8');
  await demo.openNetworks(inProject('models/mnist.onnx'));
  await demo.feedAs('mnist');
  await demo.finished();
  expect(await demo.guesses('quantized')).toHaveLength(5);
}

test('a text file as a picture', async ({ demo, page }) => {
  await page.getByTestId('picture-file').setInputFiles(textFile);
  await expect(demo.failure).toContainText('“notes.txt” is not a picture that this browser can read');
  await demo.expectAccessible();
  await page.getByTestId('picture-file').setInputFiles(photo);
  await expect(demo.caption).toHaveText('dog.jpg');
});

test('a dropped file, bad and good', async ({ demo, page }) => {
  const jpeg = readFileSync(photo);
  await demo.drop({ name: 'broken.jpg', type: 'image/jpeg', bytes: jpeg.subarray(0, 100) });
  await expect(demo.failure).toContainText('“broken.jpg” is not a picture');
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await expect(demo.failure).toBeEmpty();
  await demo.drop({ name: 'dog.jpg', type: 'image/jpeg', bytes: jpeg });
  await expect(demo.caption).toHaveText('dog.jpg');
  await demo.drop({ name: 'notes.bin', type: '', bytes: Buffer.from('?') });
  await expect(demo.failure).toContainText('“notes.bin” is neither a picture nor an ONNX network');
});

for (const [what, name, bytes] of [
  ['a JPEG', 'dog.onnx', () => readFileSync(photo)],
  ['an empty file', 'empty.onnx', () => Buffer.alloc(0)],
  ['a truncated network', 'cut.onnx', () => readFileSync(inProject('models/mnist.onnx')).subarray(0, 40_000)],
] as const) {
  test(`${what} as a network`, { tag: name === 'cut.onnx' ? '@everywhere' : [] }, async ({ demo }) => {
    await demo.openNetworks({ name, buffer: bytes() });
    await expect(demo.failure).toContainText(name, { ignoreCase: true });
    await expect(demo.failure).not.toContainText(/undefined|\[object|Something broke|crashed/);
    await expectUsable(demo);
  });
}

test.describe('when the server fails', { tag: '@requests' }, () => {
  test.use({ failedRequestsExpected: true });

  test('the network cannot be fetched', async ({ demo, page }) => {
    await page.route('**/*.onnx', (route) => route.fulfill({ status: 503 }));
    await demo.proceed.click();
    await expect(demo.failure).toContainText('HTTP status 503');
    await page.unroute('**/*.onnx');
    await page.route('**/*.onnx', (route) => route.abort());
    await demo.proceed.click();
    await expect(demo.failure).toContainText(/cannot fetch/i);
    await page.unroute('**/*.onnx');
    await expectUsable(demo);
  });

  test('the engine cannot be fetched', async ({ demo, page }) => {
    await page.route('**/engine-*.wasm', (route) => route.abort());
    await page.reload();
    await expect(demo.failure).toContainText(/engine/i);
    await page.unroute('**/engine-*.wasm');
    await expectUsable(demo);
  });

  test('a calibration photo cannot be fetched', async ({ demo, page }) => {
    await demo.set('8');
    await page.route('**/astronaut*.jpg', (route) => route.fulfill({ status: 404 }));
    await demo.proceed.click();
    await expect(demo.failure).toContainText('“Astronaut” could not be fetched', { timeout: 60_000 });
    await page.unroute('**/astronaut*.jpg');
    await expect(demo.proceed).toHaveText('Quantize');
    await demo.proceed.click();
    await demo.finished();
  });
});

test('there is no camera', { tag: '@camera' }, async ({ demo, page, context }) => {
  await context.grantPermissions(['camera']);
  await page.getByRole('button', { name: 'Camera' }).click();
  await expect(demo.failure).toContainText('There is no camera here.');
  await demo.photo('Dog').check();
  await expect(demo.caption).toHaveText('Dog');
});
