// The visitor's labels, pictures to learn from, and labelled pictures.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDigits } from './support/digits.js';
import { inProject } from './support/paths.js';
import { expect, test } from './support/test.js';

const names = ['nought', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const textFile = (name: string, text: string) => ({
  name,
  mimeType: 'text/plain',
  buffer: Buffer.from(text),
});

test(
  'labels, calibration pictures and right answers of one’s own',
  { tag: '@folders' },
  async ({ demo, page }, testInfo) => {
    const digits = testInfo.outputPath('digits');
    await writeDigits(digits, 60);
    await demo.openNetworks(inProject('models/mnist.onnx'));
    await demo.feedAs('mnist');
    await demo.finished();
    expect((await demo.guesses('float'))[0]?.label).toMatch(/^class \d$/);

    await test.step('labels', async () => {
      await page.getByTestId('labels-file').setInputFiles(textFile('few.txt', 'one\ntwo\n'));
      await expect(demo.failure).toContainText('“few.txt” names 2 classes, and the network has 10 classes');
      await page.getByTestId('labels-file').setInputFiles(textFile('names.txt', names.join('\n')));
      await expect(demo.failure).toBeEmpty();
      expect(names).toContain((await demo.guesses('float'))[0]?.label);
      await demo.drop({
        name: 'names.json',
        type: '',
        bytes: Buffer.from(JSON.stringify(names.toReversed())),
      });
      await expect(demo.figure('labels')).toHaveText('names.json, 10 names');
      await demo.drop({ name: 'names.txt', type: 'text/plain', bytes: Buffer.from(names.join('\n')) });
      await expect(demo.figure('labels')).toHaveText('names.txt, 10 names');
    });

    await test.step('calibration pictures', async () => {
      await page.getByTestId('calibration-folder').setInputFiles(digits);
      await expect(demo.figure('calibration')).toHaveText('60 own pictures');
      await expect(demo.settings).toContainText('histogram of 32 own pictures');
      await expect(demo.proceed).toHaveText('Quantize again');
      await demo.proceed.click();
      await demo.finished();
      await expect(demo.figure('about-quantized')).toHaveText('static, u8, histogram of 32 own pictures');
    });

    await test.step('labelled pictures', async () => {
      await page.getByTestId('labelled-folder').setInputFiles(digits);
      await page.getByRole('button', { name: 'Count right answers' }).click();
      await expect(demo.figure('right-float')).toHaveText(/^\d+\.\d\s%/, { timeout: 60_000 });
      expect(await demo.number('right-float')).toBeGreaterThan(90);
      expect(await demo.number('right-quantized')).toBeGreaterThan(90);
      await demo.settings.click();
      await demo.expectAccessible();
      await demo.screenshot('own-data');
    });
  },
);

test('folders that are no labels are named', { tag: '@folders' }, async ({ demo, page }) => {
  await demo.openNetworks(inProject('models/mnist.onnx'));
  await demo.feedAs('mnist');
  await demo.finished();
  await page.getByTestId('labels-file').setInputFiles(textFile('names.txt', names.join('\n')));
  await page.getByTestId('labelled-folder').setInputFiles(inProject('models/photos'));
  await page.getByRole('button', { name: 'Count right answers' }).click();
  await expect(demo.failure).toContainText('“calibration”');
});

test(
  'dropped folders of folders are labelled, one of pictures is to learn from',
  { tag: '@folders' },
  async ({ demo }, testInfo) => {
    const digits = testInfo.outputPath('digits');
    await writeDigits(digits, 20);
    await demo.dropFolder(digits);
    await expect(demo.status).toHaveText('20 labelled pictures to count right answers on.');
    await demo.dropFolder(join(digits, '7'));
    await expect(demo.status).toHaveText(/^\d+ pictures of yours to learn ranges from\.$/);
    await expect(demo.settings).toContainText(/histogram of \d own pictures/);
  },
);

test('many dropped pictures are to learn from', { tag: '@everywhere' }, async ({ demo }) => {
  const bytes = readFileSync(inProject('models/photos/dog.jpg'));
  await demo.drop(
    { name: 'a.jpg', type: 'image/jpeg', bytes },
    { name: 'b.jpg', type: 'image/jpeg', bytes },
    { name: 'c.jpg', type: 'image/jpeg', bytes },
  );
  await expect(demo.settings).toContainText('histogram of 3 own pictures');
});
