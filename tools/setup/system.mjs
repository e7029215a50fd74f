// Programs that the system must have. On Debian the missing ones are installed, elsewhere they are named.
import { existsSync } from 'node:fs';
import { say } from '../lib/log.mjs';
import { Problem, capture, findProgram } from '../lib/run.mjs';
import { installSystemPackages, isDebian } from './debian.mjs';

/** package: Debian's name of it. present: whether it is there. elsewhere: what to look for on other systems. */
const builders = [
  { package: 'cmake', present: () => atLeast('cmake', [3, 25]), elsewhere: 'CMake 3.25 or newer' },
  { package: 'ninja-build', present: () => findProgram('ninja'), elsewhere: 'Ninja' },
  { package: 'clang-19', present: anyClang, elsewhere: 'Clang 19 or newer (clang++)' },
  { package: 'lld-19', present: () => !isDebian() || findProgram('wasm-ld-19'), elsewhere: 'LLD' },
  { package: 'llvm-19', present: () => !isDebian() || findProgram('llvm-ar-19'), elsewhere: 'LLVM' },
  {
    package: 'libclang-rt-19-dev',
    present: hasSanitizers,
    elsewhere: "Clang's sanitizer runtime (compiler-rt)",
  },
  {
    package: 'clang-format-19',
    present: () => findProgram('clang-format-19') || findProgram('clang-format'),
    elsewhere: 'clang-format 19',
  },
  {
    package: 'python3',
    present: () => findProgram('python3'),
    elsewhere: 'Python 3 (Emscripten is written in it)',
  },
  { package: 'xz-utils', present: () => !isDebian() || findProgram('xz'), elsewhere: 'xz' },
  { package: 'ccache', present: () => findProgram('ccache') || !isDebian(), elsewhere: 'ccache' },
];

function atLeast(program, wanted) {
  const found = /(\d+)\.(\d+)/.exec(capture(program, ['--version']) ?? '');
  if (!found) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
}

function anyClang() {
  if (isDebian()) return findProgram('clang++-19');
  return (
    ['clang++-19', 'clang++-20', 'clang++-21'].some((name) => findProgram(name)) ||
    atLeast('clang++', [19, 0])
  );
}

function hasSanitizers() {
  return (
    !isDebian() ||
    existsSync('/usr/lib/llvm-19/lib/clang/19/lib/linux') ||
    existsSync('/usr/lib/clang/19/lib/linux')
  );
}

/** The browser that drives the end-to-end tests, or undefined. OCTAVO_CHROMIUM names one that is not on PATH. */
export function findChromium() {
  const named = process.env.OCTAVO_CHROMIUM;
  if (named) return named;
  const name = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].find((each) =>
    findProgram(each),
  );
  return name && findProgram(name);
}

const browsers = [
  {
    package: 'chromium',
    present: findChromium,
    elsewhere: 'Chromium or Chrome (OCTAVO_CHROMIUM may name its path)',
  },
  {
    package: 'fonts-dejavu-core',
    present: () => !isDebian() || existsSync('/usr/share/fonts/truetype/dejavu'),
    elsewhere: 'a font',
  },
];

/** Browsers beside it, each by its packages: tests run in them where they can be had. */
const otherBrowsers = {
  Firefox: [
    { package: 'firefox-esr', present: () => process.env.OCTAVO_FIREFOX || findProgram('firefox-esr') },
  ],
  WebKitGTK: [
    { package: 'webkit2gtk-driver', present: () => existsSync('/usr/bin/WebKitWebDriver') },
    { package: 'xvfb', present: () => findProgram('xvfb-run') },
    { package: 'xauth', present: () => findProgram('xauth') },
  ],
};

/** Installs them where they are asked for and that is possible; elsewhere their tests say what they lack, and are skipped. */
async function offerOtherBrowsers() {
  if (process.env.OCTAVO_BROWSERS !== 'all') return;
  for (const [name, requirements] of Object.entries(otherBrowsers)) {
    const missing = requirements.filter((requirement) => !requirement.present());
    if (missing.length === 0 || !isDebian()) continue;
    await installSystemPackages(missing.map((requirement) => requirement.package)).catch((error) =>
      say(`tests in ${name} are skipped: ${error.message}`),
    );
  }
}

async function ensure(requirements) {
  const missing = requirements.filter((requirement) => !requirement.present());
  if (missing.length === 0) return;
  if (!isDebian()) {
    const list = missing.map((requirement) => `  - ${requirement.elsewhere}`).join('\n');
    throw new Problem(`Please install, and put on PATH:\n${list}\n`);
  }
  await installSystemPackages(missing.map((requirement) => requirement.package));
  const still = missing.filter((requirement) => !requirement.present());
  if (still.length > 0) {
    const list = still.map((requirement) => requirement.package).join(', ');
    throw new Problem(`apt-get installed ${list}, but it is still not found on PATH or is too old`);
  }
}

export const ensureBuildPrograms = () => ensure(builders);
const linters = [
  {
    package: 'clang-tidy-19',
    present: () => findProgram('clang-tidy-19') || findProgram('clang-tidy'),
    elsewhere: 'clang-tidy 19',
  },
];

const fixtureTools = [
  {
    package: 'python3-pip',
    present: () => capture('python3', ['-m', 'pip', '--version']),
    elsewhere: "Python's pip (it downloads ONNX's own operator tests)",
  },
];

export const ensureFixtureTools = () => ensure(fixtureTools);
export const ensureLinters = () => ensure(linters);

export async function ensureBrowsers() {
  await ensure(browsers);
  await offerOtherBrowsers();
}
