// npm run coverage: what the C++ tests run of src, a layer a line; build/coverage/report/index.html shows it line by
// line.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say, step } from './lib/log.mjs';
import { inRoot } from './lib/paths.mjs';
import { Problem, capture, findProgram, main, run } from './lib/run.mjs';
import { catch2 } from './lib/test_runners.mjs';
import { buildPreset } from './build.mjs';
import { setUp } from './setup.mjs';

const folder = inRoot('build/coverage');
const profiles = join(folder, 'profiles');
const merged = join(folder, 'merged.profdata');
const units = ['lines', 'functions', 'regions'];

function llvm(name) {
  const program = [`${name}-19`, name].find((each) => findProgram(each));
  if (!program) throw new Problem(`${name} is not there: run \`npm run setup\``);
  return program;
}

/** Runs the tests; each program writes counts of its own. */
async function measure() {
  await buildPreset('coverage');
  rmSync(profiles, { recursive: true, force: true });
  mkdirSync(profiles);
  const pattern = join(profiles, '%m-%p.profraw');
  const { failed } = await step('testing', () => catch2('coverage', { LLVM_PROFILE_FILE: pattern }));
  if (failed > 0) throw new Problem(`${failed} tests failed: their coverage means nothing`);
  const files = readdirSync(profiles).map((file) => join(profiles, file));
  await run(llvm('llvm-profdata'), ['merge', '-sparse', '-o', merged, ...files]);
}

/** Arguments of llvm-cov that select the test programs and what is below src. */
function selection() {
  const programs = readdirSync(folder).filter((file) => /^octavo_\w+_test$/.test(file));
  const [first, ...others] = programs.map((program) => join(folder, program));
  const objects = others.flatMap((program) => ['-object', program]);
  return ['-instr-profile', merged, first, ...objects, inRoot('src')];
}

/** {layer: {lines: {count, covered}, functions: …, regions: …}}, and the same as `total`. */
function sumLayers({ data: [{ files, totals }] }) {
  const layers = {};
  for (const { filename, summary } of files) {
    // Files lie behind the links of cmake/layers.cmake: …/include/<layer>/<layer>/… or …/src/<layer>/….
    const layer = /\/(?:src|include\/\w+)\/(\w+)\//.exec(filename)[1];
    const sum = (layers[layer] ??= Object.fromEntries(units.map((unit) => [unit, { count: 0, covered: 0 }])));
    for (const unit of units) {
      sum[unit].count += summary[unit].count;
      sum[unit].covered += summary[unit].covered;
    }
  }
  return { ...layers, total: totals };
}

function print(layers) {
  const percent = ({ count, covered }) => `${((100 * covered) / count).toFixed(1)} %`.padStart(11);
  console.log(`\n${''.padEnd(10)}${units.map((unit) => unit.padStart(11)).join('')}`);
  for (const [name, sum] of Object.entries(layers)) {
    console.log(name.padEnd(10) + units.map((unit) => percent(sum[unit])).join(''));
  }
  console.log();
}

await main(async () => {
  await setUp();
  await measure();
  const cov = llvm('llvm-cov');
  const exported = capture(cov, ['export', '-summary-only', ...selection()]);
  if (exported === undefined) throw new Problem('llvm-cov export failed');
  writeFileSync(join(folder, 'summary.json'), exported);
  print(sumLayers(JSON.parse(exported)));
  const report = join(folder, 'report');
  await run(cov, ['show', '-format=html', `-output-dir=${report}`, ...selection()], { quiet: true });
  say(`every line: ${join(report, 'index.html')}`);
});
