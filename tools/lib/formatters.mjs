import { sourceFiles, cppEndings } from './sources.mjs';
import { inRoot } from './paths.mjs';
import { Problem, findProgram, runStatus } from './run.mjs';

/** clang-format over all C++ (but the tables in *.inc, which are aligned by hand); gives an exit code. */
export function clangFormat(mode) {
  const program = ['clang-format-19', 'clang-format'].find((name) => findProgram(name));
  if (!program) throw new Problem('clang-format is not there: run `npm run setup`');
  const files = sourceFiles(cppEndings).filter((file) => !file.endsWith('.inc'));
  return runStatus(program, [...mode, ...files]);
}

/** Prettier over everything that it knows, but what .prettierignore names; gives an exit code. */
export function prettier(mode) {
  return runStatus(inRoot('node_modules/.bin/prettier'), [...mode, '--log-level', 'warn', '.']);
}
