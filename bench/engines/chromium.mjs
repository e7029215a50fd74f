// Jobs in Chromium: each in a page and context of its own.
import { chromium } from '@playwright/test';
import { startPython } from '../support/python.mjs';

const executablePath = process.env.OCTAVO_CHROMIUM ?? '/usr/bin/chromium';
const quiet = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];

/** `jsFlags` go to V8. A job of several `visits` is done that often, each in the page anew, with the cache of those before. */
export async function startChromium({ engine, origin, jsFlags }) {
  const flags = jsFlags ? [`--js-flags=${jsFlags}`] : [];
  const browser = await chromium.launch({ executablePath, args: [...quiet, ...flags] });
  return {
    version: `Chromium ${browser.version()}${jsFlags ? ` with ${jsFlags}` : ''}`,
    browser,
    async run(job, say) {
      const context = await browser.newContext();
      const python = job.python && startPython(job.python);
      try {
        const page = await context.newPage();
        page.on('pageerror', (error) => say(`the page reports: ${error.message}`));
        await page.exposeFunction('say', say);
        if (python) await page.exposeFunction('askPython', python.ask);
        const rows = [];
        for (let visit = 1; visit <= (job.visits ?? 1); ++visit) {
          await page.goto(origin);
          await page.waitForFunction(() => 'runJob' in globalThis);
          const made = await page.evaluate(
            ([what, where]) => globalThis.runJob(what, where),
            [{ ...job, visit }, engine],
          );
          rows.push(...made);
        }
        return rows;
      } finally {
        python?.close();
        await context.close();
      }
    },
    close: () => browser.close(),
  };
}
