// The package in Chromium, served by Vite as an application would have it.
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { createServer } from 'vite';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
const root = fileURLToPath(new URL('../browser', import.meta.url));

/** Serves tests/package/browser and `files` (a map from path to bytes), and calls `work` with the page's address. */
export async function withServer(files, work) {
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    cacheDir: fileURLToPath(new URL('../../../build/vite/package-tests', import.meta.url)),
    server: {
      port: 0,
      host: '127.0.0.1',
      hmr: false,
      watch: null,
      fs: { allow: [fileURLToPath(new URL('../../..', import.meta.url))] },
    },
    optimizeDeps: { exclude: ['octavo'] },
    plugins: [
      {
        name: 'files',
        configureServer({ middlewares }) {
          middlewares.use((request, response, next) => {
            const bytes = files[request.url];
            if (!bytes) return next();
            response.setHeader('content-type', 'application/octet-stream');
            response.end(bytes);
          });
        },
      },
    ],
  });
  try {
    await server.listen();
    return await work(server.resolvedUrls.local[0]);
  } finally {
    await server.close();
  }
}

/** Opens the page in a Chromium with `jsFlags` for V8, and calls `work` with it. Errors in the page's console fail. */
export async function withPage(address, { jsFlags = '' }, work) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...flags, ...(jsFlags ? [`--js-flags=${jsFlags}`] : [])],
  });
  try {
    const page = await browser.newPage();
    const errors = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(address);
    await page.waitForFunction(() => document.title === 'ready');
    const result = await work(page);
    if (errors.length > 0) throw new Error(`console errors: ${errors.join('; ')}`);
    return result;
  } finally {
    await browser.close();
  }
}
