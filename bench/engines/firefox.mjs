// Jobs in Firefox, over WebDriver BiDi: each in a page and context of its own.
import { existsSync } from 'node:fs';
import puppeteer from 'puppeteer-core';
import { runInPage } from './page_job.mjs';

const executablePath = process.env.OCTAVO_FIREFOX ?? '/usr/bin/firefox-esr';

export const whyNoFirefox = () =>
  existsSync(executablePath) ? undefined : `there is no ${executablePath}; OCTAVO_FIREFOX may name another`;

export async function startFirefox({ engine, origin }) {
  // Its clock is coarse by default.
  const extraPrefsFirefox = { 'privacy.reduceTimerPrecision': false };
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath, extraPrefsFirefox });
  return {
    version: (await browser.version()).replace('firefox/', 'Firefox '),
    async run(job, say) {
      const context = await browser.createBrowserContext();
      try {
        const page = await context.newPage();
        await page.goto(origin);
        return await runInPage((text) => page.evaluate(text), job, engine, say);
      } finally {
        await context.close();
      }
    },
    close: () => browser.close(),
  };
}
