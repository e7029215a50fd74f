// WebKitGTK's MiniBrowser over WebDriver, on a screen that is not there: Debian's webkit2gtk-driver and xvfb.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
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
    await setTimeout(100);
  }
  throw new Error(`${driverPath} does not answer`);
}

const capabilities = new Capabilities({
  browserName: 'MiniBrowser',
  'webkitgtk:browserOptions': { binary: browserPath, args: ['--automation'] },
});

/** How long a browser may take to start, and how often one is started anew that takes longer: now and then one hangs. */
const startSeconds = 30;
const attempts = 4;

/** A driver, the screen that it draws on, and their browsers: a process group of its own, to be ended whole. */
async function startServer() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = spawn(screen, ['-a', driverPath, `--port=${port}`], { detached: true, stdio: 'ignore' });
  const close = () => process.kill(-server.pid);
  try {
    await whenAnswering(url);
    return { url, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Starts the driver: `open` starts a browser, of which there may be one at a time; `close` ends all that was started. */
export async function startWebkitDriver() {
  let server = await startServer();
  const open = async () => {
    for (let attempt = 1; ; ++attempt) {
      const late = Symbol('late');
      const starting = new Builder().usingServer(server.url).withCapabilities(capabilities).build();
      const timer = new AbortController();
      const started = await Promise.race([
        starting,
        setTimeout(startSeconds * 1000, late, { signal: timer.signal }).catch(() => late),
      ]).finally(() => timer.abort());
      if (started !== late) return started;
      starting.catch(() => {});
      server.close();
      if (attempt === attempts) throw new Error(`${browserPath} does not start, tried ${attempts} times`);
      server = await startServer();
    }
  };
  const close = () => server.close();
  try {
    const browser = await open();
    const version = (await browser.getCapabilities()).getBrowserVersion();
    await browser.quit();
    return { version, open, close };
  } catch (error) {
    close();
    throw error;
  }
}
