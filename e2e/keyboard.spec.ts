// The road without a mouse.
import type { Locator, Page } from '@playwright/test';
import { pictureNetwork } from './support/networks.js';
import { expect, test } from './support/test.js';

/** Presses Tab, or another key, until `target` has the focus, as one would. */
async function tabTo(page: Page, target: Locator, key = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 40; ++presses) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not lead to ${String(target)}`);
}

/** The focused element, or what stands for it on screen, has an outline. */
const focusIsVisible = (page: Page) =>
  page.evaluate(() => {
    const focused = document.activeElement;
    const shown = focused?.matches('.thumbnail input') ? focused.nextElementSibling : focused;
    return shown !== null && shown !== undefined && getComputedStyle(shown).outlineStyle !== 'none';
  });

test('every step can be done by keyboard', async ({ demo, page }) => {
  await tabTo(page, demo.photo('Koala'));
  expect(await focusIsVisible(page)).toBe(true);
  await page.keyboard.press('ArrowRight');
  await expect(demo.caption).toHaveText('Komodo dragon');
  expect(await focusIsVisible(page)).toBe(true);

  await tabTo(page, demo.proceed);
  expect(await focusIsVisible(page)).toBe(true);
  await tabTo(page, demo.settings);
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('radio', { name: '32', exact: true }));
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('radio', { name: '8', exact: true })).toBeChecked();
  expect(await focusIsVisible(page)).toBe(true);

  await demo.proceed.focus();
  await page.keyboard.press('Enter');
  await tabTo(page, demo.cancel);
  await page.keyboard.press('Enter');
  await expect(demo.status).toHaveText('Cancelled.');
  await expect(demo.proceed).toBeFocused();

  await page.keyboard.press('Enter');
  await demo.finished();
  await expect(demo.proceed).toBeFocused();
  expect((await demo.guesses('quantized'))[0]?.label).toBe('Komodo dragon');

  await tabTo(page, demo.download);
  const download = await demo.downloadWith(() => page.keyboard.press('Enter'));
  expect(download.suggestedFilename()).toMatch(/\.int8\.onnx$/);
});

test('how pictures are fed can be told by keyboard', async ({ demo, page }) => {
  await demo.openNetworks({ name: 'own.onnx', buffer: pictureNetwork({ size: 32 }) });
  const first = demo.figure('question').getByRole('button', { name: 'imagenet' });
  await expect(first).toBeFocused();
  await tabTo(page, demo.figure('question').getByRole('button', { name: 'zero-one' }));
  await page.keyboard.press('Enter');
  await demo.finished();

  await tabTo(page, demo.figure('feed').locator('summary'));
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByLabel('Resize'));
  await page.keyboard.type('stretch');
  await expect(page.getByLabel('Preset')).toHaveValue('own numbers');
  const scale = page.getByLabel('Scale');
  await tabTo(page, scale);
  expect(await focusIsVisible(page)).toBe(true);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('1/128');
  await page.keyboard.press('Enter');
  await expect(scale).toHaveValue('1/128');
  await expect(scale).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.type('0.5, 0.25, 0.125');
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Mean, to take away')).toHaveValue('0.5, 0.25, 0.125');
  await expect(page.getByLabel('Deviation, to divide by')).toBeFocused();
  await page.keyboard.type('nonsense');
  await page.keyboard.press('Enter');
  await expect(demo.failure).not.toBeEmpty();
  await expect(page.getByLabel('Deviation, to divide by')).toHaveValue('1');
  await expect(page.getByLabel('Deviation, to divide by')).toBeFocused();

  await tabTo(page, demo.proceed, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByText('old', { exact: true })).toHaveCount(0);
  await expect(demo.figure('feed').locator('summary')).toContainText('value × 1/128 − [0.5, 0.25, 0.125]');
});
