// npm run build [-- native|wasm|web …]: builds the named parts, all of them by default. Sets up what is missing first.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { say, step } from './lib/log.mjs';
import { inRoot, root } from './lib/paths.mjs';
import { Problem, main, run } from './lib/run.mjs';
import { printSizes } from './lib/sizes.mjs';
import { contentHash, isStamped, writeStamp } from './lib/stamp.mjs';
import { setUp } from './setup.mjs';

export const nativePresets = ['native', 'native-scalar', 'asan'];
export const wasmPresets = ['wasm-simd', 'wasm-relaxed'];
// Of these only the engine module is built: their tests are those of the package.
export const threadPresets = ['wasm-simd-threads', 'wasm-relaxed-threads'];
const enginePresets = [...wasmPresets, ...threadPresets];

// Paths relative to the build folder, so that presets share the object files that do not differ between them.
const buildEnvironment = { CCACHE_BASEDIR: root, CCACHE_NOHASHDIR: '1' };
// Emscripten starts Python at each call: the system's own starts faster than a version manager's.
if (!process.env.EMSDK_PYTHON && existsSync('/usr/bin/python3'))
  buildEnvironment.EMSDK_PYTHON = '/usr/bin/python3';

/** Configures (once) and builds CMake presets; `targets` limits what is built. */
export async function buildPresets(presets, targets = []) {
  for (const preset of presets) {
    if (!existsSync(inRoot('build', preset, 'build.ninja'))) {
      await step(`configuring ${preset}`, () => run('cmake', ['--preset', preset], { quiet: true }));
    }
    const selected = targets.length > 0 ? ['--target', ...targets] : [];
    const jobs = String(availableParallelism());
    await step(`building ${preset}`, () =>
      run('cmake', ['--build', '--preset', preset, '-j', jobs, ...selected], { env: buildEnvironment }),
    );
  }
}

/** Builds the engine modules that the npm package loads, without tests. */
export async function buildEngine() {
  if (!existsSync(inRoot('bindings'))) return;
  await buildPresets(enginePresets, ['octavo_engine_module']);
}

/** Builds the npm package, then the demo page that uses it. Each is skipped when nothing that goes into it has changed. */
export async function buildWeb() {
  const below = [inRoot('package-lock.json'), inRoot('tsconfig.base.json')].filter(existsSync);
  for (const workspace of ['web/package', 'web/demo']) {
    if (!existsSync(inRoot(workspace, 'package.json'))) continue;
    below.push(
      inRoot(workspace),
      ...enginePresets.map((preset) => inRoot('build', preset, 'engine')).filter(existsSync),
    );
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
  native: () => buildPresets(nativePresets),
  wasm: () => buildPresets(wasmPresets),
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
