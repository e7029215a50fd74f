// Pictures and files from the clipboard.
import { readFileSync } from 'node:fs';
import { inProject } from './support/paths.js';
import { expect, test } from './support/test.js';

test(
  'a picture that was copied elsewhere is pasted',
  { tag: '@clipboard' },
  async ({ demo, page, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(64, 48);
      canvas.getContext('2d')?.fillRect(8, 8, 16, 16);
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': await canvas.convertToBlob() })]);
    });
    await page.keyboard.press('ControlOrMeta+v');
    await expect(demo.caption).toHaveText('image.png');
    const picture = page.getByTestId('frame').getByRole('img');
    expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(64);
    await expect(demo.failure).toBeEmpty();
  },
);

test('files are pasted as they are dropped', { tag: '@pasted-files' }, async ({ demo }) => {
  const bytes = readFileSync(inProject('models/photos/dog.jpg'));
  await demo.paste({ name: 'dog.jpg', type: 'image/jpeg', bytes });
  await expect(demo.caption).toHaveText('dog.jpg');
  await demo.paste({ name: 'mnist.onnx', type: '', bytes: readFileSync(inProject('models/mnist.onnx')) });
  await expect(demo.figure('question')).toContainText('mnist.onnx');
});
