// Drives the built demo page in the system's Chromium, served with and without cross-origin isolation.
import { defineConfig } from '@playwright/test';
import { launchOptions } from './support/browser.js';
import type { DemoOptions } from './support/test.js';

const servers = { isolated: 'http://localhost:41731', plain: 'http://localhost:41732' };
const sizes = {
  laptop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

/** One way to look at the page: every size with and without isolation, and every size in light and in dark. */
const look = (size: keyof typeof sizes, colorScheme: 'light' | 'dark', server: keyof typeof servers) => ({
  name: `${size}-${colorScheme}-${server}`,
  use: { ...sizes[size], colorScheme, baseURL: servers[server], isolated: server === 'isolated' },
});

const serve = (server: keyof typeof servers) => ({
  command: `npm run --silent serve -- --port ${new URL(servers[server]).port} --strictPort`,
  cwd: '../web/demo',
  url: servers[server],
  env: { OCTAVO_ISOLATED: server === 'isolated' ? '1' : '0' },
});

export default defineConfig<DemoOptions>({
  testDir: '.',
  outputDir: 'test-results',
  forbidOnly: true,
  workers: 1,
  // A slow machine calibrates for a while; times are not what is tested.
  timeout: 300_000,
  expect: { timeout: 15_000 },
  use: {
    launchOptions: launchOptions(),
    actionTimeout: 15_000,
    trace: 'retain-on-failure',
  },
  projects: [
    look('laptop', 'light', 'isolated'),
    { ...look('laptop', 'dark', 'plain'), testMatch: 'journey.spec.ts' },
    {
      ...look('phone', 'dark', 'isolated'),
      testMatch: ['journey', 'opening', 'int8', 'preprocessing', 'own-data', 'sharing'].map(
        (name) => `${name}.spec.ts`,
      ),
    },
    { ...look('phone', 'light', 'plain'), testMatch: ['journey.spec.ts', 'camera.spec.ts'] },
  ],
  webServer: [serve('isolated'), serve('plain')],
});
