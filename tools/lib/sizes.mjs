// Download sizes of the engine and their limits.
import { gzipSync } from 'node:zlib';
import { inRoot } from './paths.mjs';
import { engines } from './presets.mjs';

const kilobyte = 1024;
const limits = {
  wasm: 285 * kilobyte,
  javascript: 34 * kilobyte,
  training: { wasm: 360 * kilobyte, javascript: 40 * kilobyte },
};
const threadsOnTop = 11 * kilobyte;

/** The engine that a file of the bundle belongs to; undefined for those that all need. */
function engineOf(name) {
  return /(?:engine|worker)-((?:train-)?(?:simd|relaxed)(?:-threads)?)-[\w-]{8}\./.exec(name)?.[1];
}

/** What a bundler makes of a page that imports everything the package exports: [{name, bytes (gzip)}]. */
async function bundle() {
  const { build } = await import('vite');
  const page = {
    name: 'page',
    resolveId: (id) => (id === 'virtual:page' ? '\0page' : null),
    load: (id) => (id === '\0page' ? `import * as octavo from 'octavo'; globalThis.octavo = octavo;` : null),
  };
  const { output } = await build({
    root: inRoot('web/package'),
    configFile: false,
    logLevel: 'error',
    plugins: [page],
    worker: { format: 'es' },
    build: { write: false, target: 'es2022', rollupOptions: { input: 'virtual:page' } },
  });
  const named = new Map(output.map((file) => [file.fileName, file]));
  /** Files, and what they import at once. */
  const withImports = (names, all = new Set()) => {
    for (const name of names) if (!all.has(name)) withImports(named.get(name)?.imports ?? [], all.add(name));
    return all;
  };
  const namesOf = (is) => output.filter(is).map(({ fileName }) => fileName);
  const first = withImports(namesOf(({ isEntry }) => isEntry));
  const training = withImports(namesOf(({ fileName }) => /prepare-/.test(fileName)));
  return output.map((file) => ({
    name: file.fileName,
    // What a page loads at once, what training takes, and what the rest takes: advice, the engines' glue.
    when: first.has(file.fileName) ? 'first' : training.has(file.fileName) ? 'training' : 'later',
    bytes: gzipSync(file.code ?? file.source, { level: 9 }).length,
  }));
}

/**
 * What a page downloads with each engine, as {name, bytes, limit}: its WASM, and all JavaScript that goes with it. Where no
 * worker can start, a page loads the engine's glue instead of the worker, which holds the same and more.
 */
async function measureSizes() {
  const files = await bundle();
  return engines.flatMap((engine) => {
    const trains = engine.startsWith('train-');
    const { wasm, javascript } = trains ? limits.training : limits;
    const wasmLimit = wasm + (engine.endsWith('-threads') ? threadsOnTop : 0);
    const ours = files.filter(({ name, when }) => {
      const its = engineOf(name);
      return its === engine || (its === undefined && (when === 'first' || (trains && when === 'training')));
    });
    const isGlue = (name) => /engine-/.test(name);
    const total = (ending, except = () => false) =>
      ours
        .filter(({ name }) => name.endsWith(ending) && !except(name))
        .reduce((sum, { bytes }) => sum + bytes, 0);
    return [
      { name: `engine-${engine}.wasm`, bytes: total('.wasm'), limit: wasmLimit },
      { name: `JavaScript with engine-${engine}`, bytes: total('.js', isGlue), limit: javascript },
    ];
  });
}

/** Prints the sizes; gives the number of those above their limit. */
export async function printSizes() {
  const rows = await measureSizes();
  for (const { name, bytes, limit } of rows) {
    const verdict = bytes > limit ? 'TOO LARGE' : 'ok';
    const size = (bytes / kilobyte).toFixed(1).padStart(6);
    console.log(`  ${name.padEnd(34)} ${size} KB gzip of ${limit / kilobyte} KB  ${verdict}`);
  }
  return rows.filter(({ bytes, limit }) => bytes > limit).length;
}
