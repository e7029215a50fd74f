// npm run setup: installs what building, testing and running take. Uses only what Node itself brings; quick when all
// is there.
import { pathToFileURL } from 'node:url';
import { say, step } from './lib/log.mjs';
import { main } from './lib/run.mjs';
import { ensureDownloads } from './setup/downloads.mjs';
import { ensureNodeModules } from './setup/node_modules.mjs';
import { ensureBrowsers, ensureBuildPrograms } from './setup/system.mjs';

/**
 * Sets up the toolchain and the packages, and for tests the browsers too. The three sources (the system's packages,
 * those of Debian's next release, npm) do not wait for each other.
 */
export async function setUp({ browser = false } = {}) {
  await step('set-up', () =>
    Promise.all([
      ensureBuildPrograms().then(() => browser && ensureBrowsers()),
      ensureDownloads(),
      ensureNodeModules(),
    ]),
  );
  say('set-up: all there');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(() => setUp({ browser: true }));
