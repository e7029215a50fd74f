// npm test: sets up, builds and runs every test, then sums up how long each step took and what ran: "N passed, N
// failed". npm test -- native wasm …: some of the stages only.
import { printTimings, step } from './lib/log.mjs';
import { addCounts } from './lib/junit.mjs';
import { inRoot } from './lib/paths.mjs';
import { Problem, main } from './lib/run.mjs';
import { catch2, countingScript, nodeTest, playwright } from './lib/test_runners.mjs';
import { buildEngine, buildPreset, buildWeb } from './build.mjs';
import { ensureTransformers } from './setup/node_modules.mjs';
import { ensureFixtureTools, findChromium } from './setup/system.mjs';
import { fuzz } from './fuzz.mjs';
import { setUp } from './setup.mjs';

async function cppTests(preset) {
  await buildPreset(preset);
  return step(`testing ${preset}`, () => catch2(preset));
}

async function buildPackage() {
  await buildEngine();
  await buildWeb();
}

/** Each stage by its name; a stage builds what it tests. */
const stages = {
  native: () => cppTests('asan'),
  threads: () => cppTests('tsan'),
  wasm: () => cppTests('wasm'),
  fuzz: () => fuzz({ mutants: 20_000 }),
  package: async () => {
    await buildPackage();
    // The test of bit-identity compares WebAssembly with what these compute.
    await buildPreset('asan', ['octavo_run_model', 'octavo_run_model_scalar']);
    return step('testing the package', () => nodeTest(inRoot('tests/package')));
  },
  transformers: async () => {
    await ensureTransformers();
    await buildPackage();
    return step('testing transformers.js on the package', () => nodeTest(inRoot('tests/transformers')));
  },
  // All of it where it is asked for; what needs no large installation in every run.
  bundlers: async (asked) => {
    await buildPackage();
    if (asked) process.env.OCTAVO_BUNDLERS = 'all';
    return step('testing the packed package', () => nodeTest(inRoot('tests/bundlers')));
  },
  onnx: async () => {
    await ensureFixtureTools();
    await buildPackage();
    return step("testing with ONNX's operator tests", () =>
      countingScript(inRoot('tools/run-onnx-operator-tests.mjs')),
    );
  },
  e2e: async () => {
    await buildPackage();
    return step('testing the demo page', () => playwright(inRoot('e2e')));
  },
};

const inWords = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`;

async function test(names) {
  const unknown = names.find((name) => !(name in stages));
  if (unknown) throw new Problem(`"${unknown}" is no test stage: ${Object.keys(stages).join(', ')}`);
  await setUp({ browser: true });
  // Where the tests that drive a browser find it.
  process.env.OCTAVO_CHROMIUM ??= findChromium();
  const counts = {};
  for (const [name, run] of Object.entries(stages)) {
    if (names.length === 0 || names.includes(name)) counts[name] = await run(names.includes(name));
  }
  printTimings();
  console.log();
  for (const [name, each] of Object.entries(counts)) console.log(`${name.padEnd(8)} ${inWords(each)}`);
  const total = addCounts(...Object.values(counts));
  console.log(`\n${inWords(total)}`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

await main(() => test(process.argv.slice(2)));
