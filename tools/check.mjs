// npm run check: formatters, linters, types, layering and download sizes. Every check runs, then the failed ones are
// named.
import { readFileSync } from 'node:fs';
import { say, step } from './lib/log.mjs';
import { clangTidy } from './lib/clang_tidy.mjs';
import { clangFormat, prettier } from './lib/formatters.mjs';
import { inRoot } from './lib/paths.mjs';
import { main, runStatus } from './lib/run.mjs';
import { printSizes } from './lib/sizes.mjs';
import { cppEndings, sourceFiles } from './lib/sources.mjs';
import { buildEngine, buildPreset, buildWeb } from './build.mjs';
import { setUp } from './setup.mjs';
import { ensureLinters } from './setup/system.mjs';

const npmProgram = (name) => inRoot('node_modules/.bin', name);

/** Names every line of the files that `isFault` says is one, with the remedy. */
function complainOfLines(files, isFault, remedy) {
  const faults = files.flatMap((file) =>
    readFileSync(inRoot(file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (isFault(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
  for (const fault of faults) console.error(`${fault}  (${remedy})`);
  return faults.length;
}

/** Includes name "layer/file.h", so that the include roots of cmake/layers.cmake decide what is visible. */
function includes() {
  const climbs = /^\s*#\s*include\s+"[^"]*\.\.\//;
  return complainOfLines(
    sourceFiles(cppEndings),
    (line) => climbs.test(line),
    'include by layer, not by "../"',
  );
}

/** clang-format leaves comments alone. */
function lineLengths() {
  return complainOfLines(sourceFiles(cppEndings), (line) => line.length > 120, 'longer than 120');
}

/** Passes, quantizers and the engine ask an operator's rules: its name stands in rows of patterns and in graph/qdq.cc only. */
function operatorNames() {
  const compared =
    /(?:\bname|\btype)\b\s*[!=]=\s*"|starts_with\("octavo|ends_with\("|"\s*[!=]=\s*[\w.>()-]*op->name/;
  const files = sourceFiles(['.cc', '.h']).filter(
    (file) => /^src\/(passes|quant|engine|runtime|graph)\//.test(file) && file !== 'src/graph/qdq.cc',
  );
  return complainOfLines(files, (line) => compared.test(line), "ask the operator's rules, or write a row");
}

/** Compiles the generated assertions of cmake/layer_check.cmake: no layer sees one that it does not name. */
async function layering() {
  await buildPreset('native', ['octavo_layer_checks']);
  return 0;
}

async function types() {
  let worst = 0;
  for (const workspace of ['web/package', 'web/demo', 'e2e', 'examples']) {
    worst = Math.max(worst, await runStatus(npmProgram('tsc'), ['--noEmit', '--project', workspace]));
  }
  return worst;
}

async function sizes() {
  await buildEngine();
  await buildWeb();
  return printSizes();
}

/** Each check gives 0 when there is nothing to complain of. */
const checks = {
  'clang-format': () => clangFormat(['--dry-run', '-Werror']),
  prettier: () => prettier(['--check']),
  includes,
  'line lengths': lineLengths,
  'operator names': operatorNames,
  layering,
  'clang-tidy': () => clangTidy(inRoot('build/native')),
  sizes,
  types,
  documents: () => runStatus(npmProgram('typedoc')),
  eslint: () => runStatus(npmProgram('eslint'), ['--max-warnings', '0', '.']),
};

await main(async () => {
  await setUp();
  await ensureLinters();
  const failed = [];
  for (const [name, check] of Object.entries(checks)) {
    const status = await step(name, async () => check()).catch((error) => {
      console.error(error.message);
      return 1;
    });
    if (status !== 0) failed.push(name);
  }
  say(failed.length === 0 ? 'check: all well' : `check: FAILED: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
});
