// npm test: sets up, builds and runs every test, then sums up what ran: "N passed, N failed".
// npm test -- native wasm …: some of the stages only.
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { say, step } from './lib/log.mjs';
import { inRoot } from './lib/paths.mjs';
import { Problem, main, runStatus } from './lib/run.mjs';
import { countingScript, nodeTest, playwright } from './lib/test_runners.mjs';
import { buildEngine, buildPresets, buildWeb, nativePresets, wasmPresets } from './build.mjs';
import { fuzz } from './fuzz.mjs';
import { ensureFixtureTools, findChromium } from './setup/system.mjs';
import { setUp } from './setup.mjs';

/** Builds the presets, runs ctest in each and sums the test cases that Catch2 counted. */
async function catch2(presets) {
  const counts = [];
  for (const preset of presets) {
    await buildPresets([preset]);
    const results = inRoot('build', preset, 'test-results');
    for (const file of readdirSync(results)) rmSync(join(results, file));
    const status = await step(`testing ${preset}`, () =>
      runStatus('ctest', ['--preset', preset, '--output-on-failure', '--no-tests=error']),
    );
    counts.push(catch2Counts(results, status));
  }
  return counts.reduce(addCounts);
}

function catch2Counts(results, status) {
  const counts = readdirSync(results).map((file) => {
    const summary = /<OverallResultsCases ([^>]*)\/>/.exec(readFileSync(join(results, file), 'utf8'));
    // No summary: the program crashed.
    if (!summary) return { passed: 0, failed: 1, skipped: 0 };
    const attribute = (name) => Number(new RegExp(`${name}="(\\d+)"`).exec(summary[1])?.[1] ?? 0);
    return { passed: attribute('successes'), failed: attribute('failures'), skipped: attribute('skips') };
  });
  const sum = counts.reduce(addCounts, noTests());
  // A test program that failed before it wrote its results must not pass for want of a count.
  if (status !== 0 && sum.failed === 0) sum.failed = 1;
  return sum;
}

const noTests = () => ({ passed: 0, failed: 0, skipped: 0 });
const addCounts = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

/** Each stage: its name, the folder without which there is nothing to run, and how to run it. */
const stages = [
  { name: 'native', needs: 'tests', run: () => catch2(nativePresets) },
  { name: 'wasm', needs: 'tests', run: () => catch2(wasmPresets) },
  { name: 'fuzz', needs: 'tests/fuzz', run: () => fuzz({ minutes: 1, seed: 1 }) },
  {
    name: 'package',
    needs: 'tests/package',
    run: async () => {
      await buildEngine();
      await buildWeb();
      // The test of bit-identity compares WebAssembly with what these compute.
      await buildPresets(['native', 'native-scalar'], ['octavo_run_model']);
      return nodeTest(inRoot('tests/package'));
    },
  },
  {
    name: 'onnx',
    needs: 'tools/run-onnx-operator-tests.mjs',
    run: async () => {
      await ensureFixtureTools();
      await buildEngine();
      await buildWeb();
      return countingScript(inRoot('tools/run-onnx-operator-tests.mjs'));
    },
  },
  {
    name: 'e2e',
    needs: 'e2e',
    run: async () => {
      await buildEngine();
      await buildWeb();
      return playwright(inRoot('e2e'));
    },
  },
];

async function test(names) {
  const unknown = names.find((name) => !stages.some((stage) => stage.name === name));
  if (unknown)
    throw new Problem(`"${unknown}" is no test stage: ${stages.map(({ name }) => name).join(', ')}`);
  await setUp({ browser: true });
  // Where the tests that drive a browser find it.
  process.env.OCTAVO_CHROMIUM ??= findChromium();
  let total = noTests();
  const lines = [];
  for (const { name, needs, run } of stages) {
    if (names.length > 0 && !names.includes(name)) continue;
    if (!existsSync(inRoot(needs))) {
      say(`${name}: there is no ${needs} yet`);
      continue;
    }
    const counts = await run();
    lines.push(
      `${name.padEnd(8)} ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
    );
    total = addCounts(total, counts);
  }
  console.log(`\n${lines.join('\n')}\n`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

await main(() => test(process.argv.slice(2)));
