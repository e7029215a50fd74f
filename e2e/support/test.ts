// The test function with the page under test: it fails on any console error that a test does not expect.
import { test as base, expect } from '@playwright/test';
import { DemoPage } from './demo-page.js';

export interface DemoOptions {
  /** Whether the server sends the headers of cross-origin isolation. */
  isolated: boolean;
}

interface Fixtures extends DemoOptions {
  /** The page, opened. */
  demo: DemoPage;
  /** Set in tests that make a request fail: browsers log each of those as an error. */
  failedRequestsExpected: boolean;
}

export const test = base.extend<Fixtures>({
  isolated: [true, { option: true }],
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
