// npm run setup: installs what building, testing and running take. Uses only what Node itself brings; quick when all is there.
import { pathToFileURL } from 'node:url';
import { say } from './lib/log.mjs';
import { main } from './lib/run.mjs';
import { ensureEmscripten } from './setup/emscripten.mjs';
import { ensureLibraries } from './setup/libraries.mjs';
import { ensureNodeModules } from './setup/node_modules.mjs';
import { ensureBrowser, ensureBuildPrograms } from './setup/system.mjs';

/** Sets up the toolchain and the packages, and for tests the browser too. */
export async function setUp({ browser = false } = {}) {
  await ensureBuildPrograms();
  await ensureEmscripten();
  await ensureLibraries();
  if (browser) await ensureBrowser();
  await ensureNodeModules();
  say('set-up: all there');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(() => setUp({ browser: true }));
