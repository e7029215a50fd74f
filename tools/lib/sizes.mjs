// Download sizes of the engine and their limits.
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import { inRoot } from './paths.mjs';

const kilobyte = 1024;
const limits = { wasm: 160 * kilobyte, javascript: 40 * kilobyte };
const dist = inRoot('web/package/dist');

/** The module and all that it imports by relative path, statically or not; engines are counted by the caller. */
function importsOf(file, found = new Set()) {
  if (found.has(file) || !existsSync(file)) return found;
  found.add(file);
  const source = readFileSync(file, 'utf8');
  for (const [, path] of source.matchAll(
    /(?:from|import|import\(|new URL\()\s*["'](\.\/[^"']+\.m?js)["']/g,
  )) {
    if (!/^\.\/engine-/.test(path)) importsOf(new URL(path, `file://${file}`).pathname, found);
  }
  return found;
}

const gzipBytes = (file) => gzipSync(readFileSync(file), { level: 9 }).length;

/** What a page downloads: {name, bytes (gzip), limit} of each engine's WASM, and of the JavaScript that goes with it. */
export function measureSizes() {
  const rows = [];
  for (const engine of ['engine-simd', 'engine-relaxed']) {
    const [wasm, glue] = [`${dist}/${engine}.wasm`, `${dist}/${engine}.mjs`];
    if (!existsSync(wasm)) continue;
    rows.push({ name: basename(wasm), bytes: gzipBytes(wasm), limit: limits.wasm });
    const modules = [glue, ...importsOf(`${dist}/index.js`)];
    const bytes = modules.reduce((sum, file) => sum + gzipBytes(file), 0);
    rows.push({ name: `JavaScript with ${basename(glue)}`, bytes, limit: limits.javascript });
  }
  return rows;
}

/** Prints the sizes; gives the number of those above their limit. */
export function printSizes() {
  const rows = measureSizes();
  for (const { name, bytes, limit } of rows) {
    const verdict = bytes > limit ? 'TOO LARGE' : 'ok';
    const size = (bytes / kilobyte).toFixed(1).padStart(6);
    console.log(`  ${name.padEnd(34)} ${size} KB gzip of ${limit / kilobyte} KB  ${verdict}`);
  }
  return rows.filter(({ bytes, limit }) => bytes > limit).length;
}
