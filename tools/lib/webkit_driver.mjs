// WebKitGTK's MiniBrowser over WebDriver, on a screen that is not there: Debian's webkit2gtk-driver and xvfb.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { Builder, Capabilities } from 'selenium-webdriver';

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

/** Starts the driver: `open` starts a browser, of which there may be one at a time; `close` ends all that was started. */
export async function startWebkitDriver() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // A process group of its own, to be ended whole.
  const server = spawn(screen, ['-a', driverPath, `--port=${port}`], { detached: true, stdio: 'ignore' });
  const close = () => process.kill(-server.pid);
  const capabilities = new Capabilities({
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': { binary: browserPath, args: ['--automation'] },
  });
  const open = () => new Builder().usingServer(url).withCapabilities(capabilities).build();
  try {
    await whenAnswering(url);
    const browser = await open();
    const version = (await browser.getCapabilities()).getBrowserVersion();
    await browser.quit();
    return { version, open, close };
  } catch (error) {
    close();
    throw error;
  }
}
