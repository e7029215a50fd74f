// C++ libraries: Catch2 3, SIMDe, protozero and nlohmann-json of Debian's next release, in the user's cache. On other
// systems CMake fetches them from their own repositories (cmake/third_party.cmake).
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say, step } from '../lib/log.mjs';
import { cacheFolder } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';
import { isDebian, unpackDeb } from './debian.mjs';
import { linkTool } from './link.mjs';

const installation = join(cacheFolder, 'libraries-trixie-2');
const headerPackages = {
  simde: 'libsimde-dev',
  protozero: 'libprotozero-dev',
  'nlohmann-json': 'nlohmann-json3-dev',
};

/** What .tools/catch2 and a folder beside it for each of headerPackages are to lead to, and how to install it. */
export function missingLibraries() {
  const link = () => {
    for (const name of ['catch2', ...Object.keys(headerPackages)]) linkTool(name, join(installation, name));
  };
  if (existsSync(join(installation, 'complete'))) return { link };
  if (!isDebian()) {
    say('Catch2, SIMDe, protozero and nlohmann-json: CMake will fetch them');
    return { link: () => {} };
  }
  return { packages: Object.values(headerPackages), sources: ['catch2'], install, link };
}

async function install(downloads) {
  rmSync(installation, { recursive: true, force: true });
  await step(`unpacking C++ libraries into ${installation}`, async () => {
    for (const [name, packageName] of Object.entries(headerPackages)) {
      // Each library has an include folder of its own, so that a target sees only what it names.
      const unpacked = join(installation, 'unpacked', name);
      await unpackDeb(downloads.deb(packageName), unpacked);
      mkdirSync(join(installation, name), { recursive: true });
      renameSync(join(unpacked, 'usr/include'), join(installation, name, 'include'));
    }
    rmSync(join(installation, 'unpacked'), { recursive: true });
    const catch2 = join(installation, 'catch2');
    mkdirSync(catch2);
    await run('tar', ['-xf', downloads.sourceArchive('catch2'), '-C', catch2, '--strip-components=1'], {
      quiet: true,
    });
  });
  writeFileSync(join(installation, 'complete'), '');
}
