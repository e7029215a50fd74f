// Drives the built demo page in the system's browsers, served with and without cross-origin isolation.
import { defineConfig } from '@playwright/test';
import { launchOptions } from './support/browser.js';
import { firefoxOptions, whyNoFirefox } from './support/firefox.js';
import { servers } from './support/servers.js';
import { whyNoWebkit } from './support/webkit.js';

const sizes = {
  laptop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

/** One way to look at the page: every size with and without isolation, and every size in light and in dark. */
const look = (size: keyof typeof sizes, colorScheme: 'light' | 'dark', server: keyof typeof servers) => ({
  name: `${size}-${colorScheme}-${server}`,
  use: { ...sizes[size], colorScheme, baseURL: servers[server] },
});

/** Tags of tests that other browsers' drivers do not allow; docs/building.md tells more. */
const beyond = {
  firefox: /@(camera|clipboard|folders|layout-shift|pasted-files)/,
  webkit: /@(camera|clipboard|folders|layout-shift|requests)/,
};

/** WebKitGTK's driver is slow: every run has the tests of this tag there, and all if it is asked for. */
const few = process.env['OCTAVO_BROWSERS'] === 'all' ? {} : { grep: /@everywhere/ };

/** Another browser with all the tests that its driver allows; where there is none, a test that says so. */
const elsewhere = (browserName: keyof typeof beyond, missing: string | undefined, use: object) => ({
  name: browserName,
  metadata: { missing },
  ...(missing === undefined
    ? { testIgnore: 'not-installed.spec.ts', grepInvert: beyond[browserName] }
    : { testMatch: 'not-installed.spec.ts', grep: /./ }),
  use: { ...sizes.laptop, ...use, browserName, baseURL: servers.isolated, trace: 'off' as const },
});

const serve = (server: keyof typeof servers) => ({
  command: `npm run --silent serve -- --port ${new URL(servers[server]).port} --strictPort`,
  cwd: '../web/demo',
  url: servers[server],
  env: { OCTAVO_ISOLATED: server === 'isolated' ? '1' : '0' },
});

export default defineConfig({
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
    { ...look('laptop', 'light', 'isolated'), testIgnore: 'not-installed.spec.ts' },
    { ...look('laptop', 'dark', 'plain'), testMatch: 'journey.spec.ts' },
    {
      ...look('phone', 'dark', 'isolated'),
      // These are the same in every window.
      grepInvert: /@any-size/,
      testMatch: [
        'journey',
        'advice',
        'opening',
        'int8',
        'preprocessing',
        'own-data',
        'sharing',
        'spelling',
        'digits',
      ].map((name) => `${name}.spec.ts`),
    },
    {
      ...look('phone', 'light', 'plain'),
      testMatch: ['journey.spec.ts', 'camera.spec.ts', 'layout.spec.ts'],
    },
    elsewhere('firefox', whyNoFirefox, firefoxOptions),
    { ...few, ...elsewhere('webkit', whyNoWebkit, {}) },
  ],
  webServer: [serve('isolated'), serve('plain')],
});
