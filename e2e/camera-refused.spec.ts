// A camera that the visitor does not allow.
import { launchOptions } from './support/browser.js';
import { expect, test } from './support/test.js';

test.use({ launchOptions: launchOptions('--use-fake-device-for-media-stream') });

test(
  'a refused camera is told, and photos still work',
  { tag: '@camera' },
  async ({ demo, page, context }) => {
    const devtools = await context.newCDPSession(page);
    await devtools.send('Browser.setPermission', { permission: { name: 'camera' }, setting: 'denied' });
    await page.getByRole('button', { name: 'Camera' }).click();
    await expect(demo.failure).toContainText('The camera was not allowed.');
    await demo.expectAccessible();
    await demo.photo('Dog').check();
    await expect(demo.caption).toHaveText('Dog');
  },
);
