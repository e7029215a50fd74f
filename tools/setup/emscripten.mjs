// Emscripten: one that is on PATH or in $EMSDK if it is new enough; on Debian otherwise the next release's package, in
// the user's cache. Either way .tools/emscripten is a link to its root folder, where cmake/emscripten.cmake finds it.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { step } from '../lib/log.mjs';
import { cacheFolder } from '../lib/paths.mjs';
import { Problem, capture, findProgram } from '../lib/run.mjs';
import { isDebian, unpackDeb } from './debian.mjs';
import { linkTool } from './link.mjs';

const oldest = [3, 1, 60];
// Raise the number when the recipe below changes: an older installation is then not used.
const installation = join(cacheFolder, 'emscripten-trixie-2');
const installedRoot = join(installation, 'usr/share/emscripten');

const compilerPackages = ['emscripten', 'binaryen', 'node-acorn'];
// Binaryen's programs need a newer C library than this release has: they start through their own dynamic loader.
const loaderPackages = ['libc6', 'libstdc++6', 'libgcc-s1'];
// Library variants that no build of Octavo links (Emscripten would make them on demand), and its test suite: 1.3 GB.
const libraries = './usr/share/emscripten/cache/sysroot/lib/wasm32-emscripten';
const unusedFiles = [
  './usr/share/emscripten/test',
  `${libraries}/*pic`,
  `${libraries}/thinlto`,
  `${libraries}/*-ww*`,
  `${libraries}/*-mt*`,
  `${libraries}/lto/*-debug*`,
  `${libraries}/*asan*`,
  `${libraries}/*san_rt*`,
  `${libraries}/libGL-?*-*`,
  './usr/share/doc',
  './usr/share/man',
  './usr/share/locale',
  './usr/lib/*/gconv',
];

function isNewEnough(root) {
  const file = root && join(root, 'emscripten-version.txt');
  if (!file || !existsSync(file)) return false;
  const version = readFileSync(file, 'utf8')
    .replaceAll('"', '')
    .trim()
    .split('.')
    .map((part) => parseInt(part, 10));
  const difference = version.map((part, index) => part - oldest[index]).find((each) => each !== 0) ?? 0;
  return difference >= 0;
}

function findInstalled() {
  const onPath = findProgram('em-config') && capture('em-config', ['EMSCRIPTEN_ROOT']);
  const inSdk = process.env.EMSDK && join(process.env.EMSDK, 'upstream/emscripten');
  return [onPath, inSdk].find(isNewEnough);
}

/** What .tools/emscripten is to lead to, and how to install it from Debian packages if it is not there yet. */
export function missingEmscripten() {
  const found = findInstalled();
  const link = () => linkTool('emscripten', found ?? installedRoot);
  if (found || existsSync(join(installation, 'complete'))) return { link };
  if (!isDebian()) {
    throw new Problem(
      `Please install Emscripten ${oldest.join('.')} or newer, with emcc on PATH or its folder in $EMSDK: ` +
        'see https://emscripten.org/docs/getting_started/downloads.html',
    );
  }
  return { packages: [...compilerPackages, ...loaderPackages], sources: [], install, link };
}

async function install(downloads) {
  rmSync(installation, { recursive: true, force: true });
  await step(`unpacking Emscripten into ${installation}`, () =>
    Promise.all(
      [...compilerPackages, ...loaderPackages].map((name) =>
        unpackDeb(downloads.deb(name), installation, unusedFiles),
      ),
    ),
  );
  const binaryen = join(installation, 'binaryen');
  wrapBinaryen(binaryen);
  const modules = join(installedRoot, 'node_modules');
  mkdirSync(modules, { recursive: true });
  symlinkSync(join(installation, 'usr/share/nodejs/acorn'), join(modules, 'acorn'));
  // Emscripten reads .emscripten beside emcc: no environment variable is needed.
  writeFileSync(
    join(installedRoot, '.emscripten'),
    `LLVM_ROOT = '/usr/lib/llvm-19/bin'\nBINARYEN_ROOT = '${binaryen}'\nNODE_JS = '${process.execPath}'\n` +
      `CACHE = '${join(installedRoot, 'cache')}'\nFROZEN_CACHE = False\n`,
  );
  writeFileSync(join(installation, 'complete'), '');
}

/** Puts a two-line script for each of binaryen's programs into `folder`/bin. */
function wrapBinaryen(folder) {
  const libraries = join(
    installation,
    'usr/lib',
    readdirSync(join(installation, 'usr/lib')).find((name) => name.includes('-linux-')),
  );
  const loader = readdirSync(libraries).find((name) => name.startsWith('ld-linux'));
  const programs = join(installation, 'usr/bin');
  const scripts = join(folder, 'bin');
  mkdirSync(scripts, { recursive: true });
  for (const name of readdirSync(programs).filter((each) => each.startsWith('wasm'))) {
    const script = join(scripts, name);
    const command = `'${join(libraries, loader)}' --library-path '${libraries}' '${join(programs, name)}' "$@"`;
    writeFileSync(script, `#!/bin/sh\nexec ${command}\n`);
    chmodSync(script, 0o755);
  }
}
