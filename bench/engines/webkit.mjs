// Jobs in WebKitGTK's MiniBrowser, over WebDriver, on a screen that is not there: each in a browser of its own.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { Builder, Capabilities } from 'selenium-webdriver';
import { runInPage } from './page_job.mjs';

const driverPath = '/usr/bin/WebKitWebDriver';
const screen = '/usr/bin/xvfb-run';
const browserPath = process.env.OCTAVO_WEBKIT ?? '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';

export function whyNoWebkit() {
  const missing = [driverPath, screen, browserPath].find((path) => !existsSync(path));
  return missing && `there is no ${missing}`;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function whenAnswering(url) {
  for (let attempt = 0; attempt < 100; ++attempt) {
    if (await fetch(`${url}/status`).catch(() => undefined)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${driverPath} does not answer`);
}

export async function startWebkit({ engine, origin }) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // A process group of its own, to be ended whole.
  const server = spawn(screen, ['-a', driverPath, `--port=${port}`], { detached: true, stdio: 'ignore' });
  await whenAnswering(url);
  const capabilities = new Capabilities({
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': { binary: browserPath, args: ['--automation'] },
  });
  const open = () => new Builder().usingServer(url).withCapabilities(capabilities).build();
  const close = () => process.kill(-server.pid);
  try {
    const browser = await open();
    const version = (await browser.getCapabilities()).getBrowserVersion();
    await browser.quit();
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
  } catch (error) {
    close();
    throw error;
  }
}
