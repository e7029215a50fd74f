// The test function with the page under test: it fails on any console error that a test does not expect.
import { test as base, expect } from '@playwright/test';
import { DemoPage } from './demo-page.js';
import { mendSession } from './firefox.js';
import { startWebkit } from './webkit.js';

interface Fixtures {
  /** The page, opened. */
  demo: DemoPage;
  /** Set in tests that make a request fail: browsers log each of those as an error. */
  failedRequestsExpected: boolean;
}

export const test = base.extend<Fixtures>({
  browser: [
    async ({ playwright, browserName }, use, { project }) => {
      const browser = await (browserName === 'webkit'
        ? startWebkit(project.use)
        : playwright[browserName].launch());
      if (browserName === 'firefox') mendSession(browser);
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  failedRequestsExpected: [false, { option: true }],
  demo: async ({ page, failedRequestsExpected }, use, testInfo) => {
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      if (failedRequestsExpected && message.text().startsWith('Failed to load resource')) return;
      errors.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    const demo = new DemoPage(page, testInfo);
    await demo.open();
    await use(demo);
    expect(errors, 'console of the page').toEqual([]);
  },
});

export { expect };
