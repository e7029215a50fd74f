// The project's own files, as git knows them: tracked, or new and not ignored.
import { existsSync } from 'node:fs';
import { inRoot } from './paths.mjs';
import { Problem, capture } from './run.mjs';

/** Paths relative to the root that end with one of `endings`. */
export function sourceFiles(endings) {
  const list = capture('git', ['ls-files', '--cached', '--others', '--exclude-standard']);
  if (list === undefined) throw new Problem('git ls-files failed: the checks run in a git checkout');
  return [...new Set(list.split('\n'))].filter(
    (file) => endings.some((end) => file.endsWith(end)) && existsSync(inRoot(file)),
  );
}

export const cppEndings = ['.cc', '.h', '.inc'];
