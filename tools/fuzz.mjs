// npm run fuzz [-- --minutes N --jobs J --seed S]: mutants of small models on the engine, under sanitizers.
// What breaks something is put into tests/fuzz/findings. How it works: tests/fuzz/README.md.
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { findingsFolder, keepFindings, knownFiles, replay, search, writeMutants } from './lib/fuzzer.mjs';
import { say, step } from './lib/log.mjs';
import { root } from './lib/paths.mjs';
import { Problem, main } from './lib/run.mjs';
import { buildPreset } from './build.mjs';
import { setUp } from './setup.mjs';

const shown = (file) => relative(root, file);

/**
 * Replays the corpus, every past finding, and so many mutants of them, always the same; then searches for new findings
 * with `jobs` processes, starting from the corpus of earlier searches. Gives {passed, failed, skipped}; all that was
 * not known before counts as one.
 */
export async function fuzz({ mutants = 0, minutes = 0, jobs, seed }) {
  await buildPreset('asan', ['octavo_fuzz', 'octavo_mutants']);
  const files = knownFiles();
  const broken = await step(`replaying ${files.length} files`, () => replay(files));
  for (const { file, output } of broken) console.error(`${output}\n${shown(file)} breaks something (again)`);
  const found = [];
  if (mutants > 0) {
    const breaking = await step(`trying ${mutants} mutants`, async () => replay(await writeMutants(mutants)));
    for (const { file, output } of breaking) console.error(`${output}\n${shown(file)} breaks something`);
    found.push(...breaking.map(({ file }) => file));
  }
  if (minutes > 0) {
    const result = await step(`fuzzing for ${minutes} min`, () => search({ minutes, jobs, seed }));
    say(result.lastLine);
    found.push(...result.files);
  }
  const kept = found.length > 0 ? await step('sorting findings', () => keepFindings(found)) : [];
  for (const file of kept) console.error(`new: ${shown(file)}`);
  const failed = broken.length + (kept.length > 0 ? 1 : 0);
  const tried = files.length + (mutants > 0 || minutes > 0 ? 1 : 0);
  return { passed: tried - failed, failed, skipped: 0 };
}

function options() {
  const { values } = parseArgs({
    options: { minutes: { type: 'string' }, jobs: { type: 'string' }, seed: { type: 'string' } },
  });
  const number = (name, fallback, least) => {
    const value = values[name] === undefined ? fallback : Number(values[name]);
    if (value !== undefined && !(value >= least)) throw new Problem(`--${name} is a number from ${least} on`);
    return value;
  };
  return {
    minutes: number('minutes', 10, 0),
    jobs: number('jobs', availableParallelism(), 1),
    seed: number('seed', undefined, 1),
  };
}

async function fuzzMain() {
  const chosen = options();
  await setUp();
  const { passed, failed } = await fuzz(chosen);
  if (failed > 0) {
    console.log(`
Run one file with
  ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=64 UBSAN_OPTIONS=print_stacktrace=1 \\
    build/asan/octavo_fuzz ${shown(findingsFolder)}/<file>
mend the mechanism, give it a test of its own, and commit the file: npm test replays it from then on.`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(fuzzMain);
