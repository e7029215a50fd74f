// Pages of tests: served, opened in a browser, and what they report in their title.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import sirv from 'sirv';

const chromiumPath = process.env.OCTAVO_CHROMIUM ?? '/usr/bin/chromium';
const firefoxPath = process.env.OCTAVO_FIREFOX ?? '/usr/bin/firefox-esr';

export const whyNoFirefox = existsSync(firefoxPath)
  ? false
  : `there is no ${firefoxPath}; OCTAVO_FIREFOX may name another`;

/** Headers of a page that may have threads. */
export const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export const page = (script) => `<!doctype html><link rel="icon" href="data:,"><title>app</title>${script}`;

/** Serves a folder while `use` runs, which is given its address and the paths that are asked for. */
export async function serve(folder, use, headers = isolated) {
  const files = sirv(folder, { dev: true, setHeaders: (response) => setHeaders(response, headers) });
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(request.url);
    setHeaders(response, headers);
    files(request, response, () => response.writeHead(404).end());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${server.address().port}/`, requests);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function setHeaders(response, headers) {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

export const launchChromium = (flags = []) =>
  chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', ...flags],
  });

export const launchFirefox = () =>
  puppeteer.launch({ browser: 'firefox', executablePath: firefoxPath, protocolTimeout: 60_000 });

/** Browsers, each with `newPage` and `close`. */
const browsers = {
  chromium: launchChromium,
  firefox: launchFirefox,
};

/**
 * Opens the page and gives what it reports, which must come without an error on the console but those that `allow` allows.
 * `flags` are Chromium's.
 */
export async function reportOf(url, { allow = () => false, browser: name = 'chromium', flags } = {}) {
  const browser = await browsers[name](flags);
  try {
    const opened = await browser.newPage();
    const errors = [];
    opened.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    opened.on('pageerror', (error) => errors.push(error.message));
    await opened.goto(url);
    const title = await titleOf(opened);
    if (!title) assert.fail(`the page reports nothing: ${errors.join('\n')}`);
    assert.deepEqual(
      errors.filter((error) => !allow(error)),
      [],
    );
    return JSON.parse(title);
  } finally {
    await browser.close();
  }
}

/** The report, or undefined where none comes within a minute. */
async function titleOf(opened) {
  for (let tries = 0; tries < 600; ++tries) {
    const title = await opened.title();
    if (title.startsWith('{')) return title;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return undefined;
}
