// Stamps: a step that was done for the same content is not done again.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './paths.mjs';

const ignoredFolders = new Set(['node_modules', 'dist', '.git', 'test-results']);

/** All files under `path` (or the file itself), sorted; build products and node_modules left out. */
export function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !ignoredFolders.has(entry.name))
    .flatMap((entry) => filesUnder(join(path, entry.name)))
    .sort();
}

/** A hash of the names and bytes of files and folders. */
export function contentHash(paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap(filesUnder)) {
    hash.update(`${relative(root, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

export function isStamped(stampFile, content) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === content;
}

export function writeStamp(stampFile, content) {
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, content);
}
