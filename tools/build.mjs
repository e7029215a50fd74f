// npm run build [-- native|wasm|web …]: builds the named parts, all of them by default. Sets up what is missing first.
import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { say, step } from './lib/log.mjs';
import { inRoot, root } from './lib/paths.mjs';
import { engineTarget } from './lib/presets.mjs';
import { Problem, main, run } from './lib/run.mjs';
import { printSizes } from './lib/sizes.mjs';
import { contentHash, isStamped, writeStamp } from './lib/stamp.mjs';
import { setUp } from './setup.mjs';

const buildEnvironment = {
  // Paths relative to the build folder, so that other checkouts share the object files.
  CCACHE_BASEDIR: root,
  CCACHE_NOHASHDIR: '1',
  // The compiler lists the headers that it reads: the preprocessor does not run for ccache beforehand.
  CCACHE_DEPEND: '1',
  // What ccache asks for where headers are precompiled.
  CCACHE_SLOPPINESS: 'pch_defines,time_macros',
};
// Emscripten starts Python at each call: the system's own starts faster than a version manager's.
if (!process.env.EMSDK_PYTHON && existsSync('/usr/bin/python3'))
  buildEnvironment.EMSDK_PYTHON = '/usr/bin/python3';

/** Whether a preset's tree is there and was configured with today's presets. */
function isConfigured(preset) {
  const ninja = statSync(inRoot('build', preset, 'build.ninja'), { throwIfNoEntry: false });
  return ninja !== undefined && ninja.mtimeMs > statSync(inRoot('CMakePresets.json')).mtimeMs;
}

/** Configures (where need be) and builds a CMake preset; `targets` limits what is built. */
export async function buildPreset(preset, targets = []) {
  const env = buildEnvironment;
  if (!isConfigured(preset)) {
    await step(`configuring ${preset}`, () => run('cmake', ['--preset', preset], { env, quiet: true }));
  }
  const selected = targets.length > 0 ? ['--target', ...targets] : [];
  const jobs = String(availableParallelism());
  await step(`building ${[preset, ...targets].join(' ')}`, () =>
    run('cmake', ['--build', '--preset', preset, '-j', jobs, ...selected], { env }),
  );
}

/** Builds the engine modules that the npm package loads, without tests. */
export const buildEngine = () => buildPreset('wasm', [engineTarget]);

/** Builds the npm package, then the demo page that uses it. Each is skipped when nothing that goes into it has changed. */
export async function buildWeb() {
  const below = [inRoot('package-lock.json'), inRoot('build/wasm/engine')];
  for (const workspace of ['web/package', 'web/demo']) {
    below.push(inRoot(workspace));
    const stampFile = inRoot('build/stamps', workspace.replaceAll('/', '-'));
    const content = contentHash(below);
    if (isStamped(stampFile, content) && existsSync(inRoot(workspace, 'dist'))) continue;
    await step(`building ${workspace}`, () =>
      run('npm', ['run', '--silent', 'build', '--workspace', workspace]),
    );
    writeStamp(stampFile, content);
  }
}

const parts = {
  native: () => buildPreset('native'),
  wasm: () => buildPreset('wasm'),
  web: async () => {
    await buildEngine();
    await buildWeb();
    await printSizes();
  },
};

async function build(names) {
  const unknown = names.find((name) => !(name in parts));
  if (unknown) throw new Problem(`"${unknown}" is no part of the build: ${Object.keys(parts).join(', ')}`);
  await setUp();
  for (const name of names.length > 0 ? names : Object.keys(parts)) await parts[name]();
  say('build: done');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(() => build(process.argv.slice(2)));
