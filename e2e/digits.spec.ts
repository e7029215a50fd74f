// The third exhibit: handwritten digits, read by networks of fewer and fewer bits.
import type { Page } from '@playwright/test';
import type { DemoPage } from './support/demo-page.js';
import { expect, test } from './support/test.js';

const untrained = ['float', 'static-8', 'static-4', 'static-3', 'static-2'];

async function openDigits(demo: DemoPage): Promise<void> {
  await demo.page.getByRole('link', { name: 'Handwriting' }).click();
  await expect(demo.figure('outcome')).toHaveText(/^Ready in/);
}

/** Draws a line through points, in shares of the pad, with the mouse. */
async function draw(page: Page, points: readonly (readonly [number, number])[]): Promise<void> {
  const paper = page.getByTestId('paper');
  await paper.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await paper.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const [first, ...others] = points.map(([right, down]) => [x + right * width, y + down * height] as const);
  if (!first) return;
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const point of others) await page.mouse.move(...point, { steps: 6 });
  await page.mouse.up();
}

const seven = [
  [0.25, 0.2],
  [0.75, 0.2],
  [0.45, 0.8],
] as const;

test('networks of fewer and fewer bits read as one draws', { tag: '@everywhere' }, async ({ demo, page }) => {
  await openDigits(demo);
  expect(await demo.number('accuracy-float')).toBe(97.9);
  expect(await demo.number('accuracy-static-8')).toBeGreaterThan(97);
  expect(await demo.number('accuracy-static-4')).toBeGreaterThan(97);
  expect(await demo.number('accuracy-static-3')).toBeGreaterThan(90);
  expect(await demo.number('accuracy-static-2')).toBeLessThan(60);
  await expect(demo.figure('bytes-float')).toHaveText(/^37\.3\sKB$/);
  expect(await demo.number('bytes-static-4')).toBeLessThan(20);
  await expect(demo.caption).toHaveText('A 3 of MNIST');
  await expect(demo.figure('answer-float')).toHaveText('3');
  await expect(demo.figure('share-float')).toHaveText(/^[\d.]+\s%$/);
  await demo.expectAccessible();
  await demo.screenshot('digits-sample');

  await draw(page, seven);
  await expect(demo.caption).toHaveText('Yours, as networks see it');
  for (const id of untrained.slice(0, 4)) await expect(demo.figure(`answer-${id}`)).toHaveText('7');
  await expect(demo.status).toHaveText(/^Read: float32 7, 8 bits 7,/);
  await demo.screenshot('digits-drawn');
  await demo.expectStill();
});

test('the pad is cleared and filled by keyboard', async ({ demo, page }) => {
  await openDigits(demo);
  await page.getByRole('button', { name: 'Clear' }).press('Enter');
  await expect(demo.caption).toHaveText('Draw a digit');
  await expect(demo.figure('answer-float')).toHaveText('–');
  await demo.expectAccessible();
  await page.getByRole('button', { name: 'Another digit' }).press('Enter');
  await expect(demo.caption).toHaveText('A 5 of MNIST');
  await expect(demo.figure('answer-float')).toHaveText('5');
});

test.describe('without a connection', { tag: '@requests' }, () => {
  test.use({ failedRequestsExpected: true });

  test('the exhibit and its data can be asked for again', async ({ demo, page }) => {
    await page.route(/open-.*\.js$/, (route) => route.abort());
    await page.getByRole('link', { name: 'Handwriting' }).click();
    await expect(demo.failure).toContainText('This exhibit could not be fetched');
    await demo.expectAccessible();
    await page.unroute(/open-.*\.js$/);
    await page.route(/digits-.*\.png$/, (route) => route.abort());
    await page.getByRole('button', { name: 'Fetch the exhibit' }).click();
    await expect(demo.failure).toContainText('Cannot fetch');
    await expect(demo.figure('answer-float')).toHaveText('–');
    await page.unroute(/digits-.*\.png$/);
    await page.getByRole('button', { name: 'Fetch the network' }).click();
    await expect(demo.figure('answer-float')).toHaveText('3');
    await expect(demo.failure).toBeEmpty();
  });
});
