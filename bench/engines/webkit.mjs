// Jobs in WebKitGTK: each in a browser of its own.
import { startWebkitDriver } from '../../tools/lib/webkit_driver.mjs';
import { runInPage } from './page_job.mjs';

export { whyNoWebkit } from '../../tools/lib/webkit_driver.mjs';

export async function startWebkit({ engine, origin }) {
  const { version, open, close } = await startWebkitDriver();
  return {
    version: `WebKitGTK ${version}`,
    async run(job, say) {
      const page = await open();
      try {
        await page.get(origin);
        return await runInPage((text) => page.executeScript(`return ${text}`), job, engine, say);
      } finally {
        await page.quit();
      }
    },
    close: async () => close(),
  };
}
