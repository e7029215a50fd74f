// Chromium's made-up camera, allowed without asking.
import { launchOptions } from './support/browser.js';
import { expect, test } from './support/test.js';

test.use({
  launchOptions: launchOptions('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'),
});

test('takes a picture and closes the camera', { tag: '@camera' }, async ({ demo, page }) => {
  await page.getByRole('button', { name: 'Camera' }).click();
  await expect(demo.caption).toHaveText('The camera');
  const video = page.locator('video');
  await expect(video).toHaveJSProperty('paused', false);
  await expect
    .poll(() => video.evaluate((element: HTMLVideoElement) => element.videoWidth))
    .toBeGreaterThan(0);
  const track = await video.evaluateHandle(
    (element: HTMLVideoElement) => (element.srcObject as MediaStream).getVideoTracks()[0],
  );
  await demo.expectAccessible();
  await demo.screenshot('camera');

  await page.getByRole('button', { name: 'Take the picture' }).click();
  await expect(demo.caption).toHaveText('From the camera');
  await expect(video).toHaveCount(0);
  expect(await track.evaluate((each) => each?.readyState)).toBe('ended');
  await expect(page.getByTestId('frame').getByRole('img')).toHaveJSProperty('complete', true);
  await expect(page.getByRole('radio', { name: 'Koala' })).not.toBeChecked();
});

test('closes the camera without a picture', { tag: '@camera' }, async ({ demo, page }) => {
  await page.getByRole('button', { name: 'Camera' }).click();
  await page.getByRole('button', { name: 'Close' }).click();
  await expect(demo.caption).toHaveText('Koala');
});
