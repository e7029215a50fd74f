// WebKitGTK, in Playwright's shape as far as e2e/webkit goes.
import type { Browser, PlaywrightTestOptions } from '@playwright/test';
import { inProject } from './paths.js';

const driver = (await import(inProject('tools/lib/webkit_driver.mjs'))) as {
  whyNoWebkit: () => string | undefined;
};

export const whyNoWebkit = driver.whyNoWebkit();

type Options = Pick<PlaywrightTestOptions, 'baseURL' | 'viewport'>;

export async function startWebkit(options: Partial<Options>): Promise<Browser> {
  const webkit = (await import(inProject('e2e/webkit/browser.mjs'))) as {
    startWebkit: (options: Partial<Options>) => Promise<Browser>;
  };
  return webkit.startWebkit(options);
}
