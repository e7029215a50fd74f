// Runs ONNX's own operator tests through the package's public API and prints what passed, failed and was skipped, and why.
//   node tools/run-onnx-operator-tests.mjs [--build simd|relaxed|auto] [--only PATTERN] [--verbose]
// The cases are in build/onnx-operator-tests/; tools/onnx-operator-tests/extract.py puts those of the engine's operators there.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createEngine, loadModel, supportedOperators } from 'octavo';
import { enableRelaxedSimd, readTensorProto } from 'octavo/node';

const folder = new URL('../build/onnx-operator-tests/', import.meta.url);
const path = (...parts) => fileURLToPath(new URL(parts.join('/'), folder));

// The tolerances of ONNX's own backend test runner.
const relativeTolerance = 1e-3;
const absoluteTolerance = 1e-7;

/** Takes out the cases of the operators that the engine knows, unless that was done. */
async function extract(engine) {
  const operators = (await supportedOperators({ engine }))
    .filter(({ domain }) => domain === '')
    .map(({ type }) => type);
  const manifest = existsSync(path('manifest.json'))
    ? JSON.parse(readFileSync(path('manifest.json'), 'utf8'))
    : undefined;
  if (manifest?.supported?.join() === operators.join()) return;
  const script = fileURLToPath(new URL('onnx-operator-tests/extract.py', import.meta.url));
  const { status, error } = spawnSync('python3', [script, '--operators', operators.join()], {
    stdio: 'inherit',
  });
  if (status !== 0) throw error ?? new Error('the tests could not be extracted');
}

/** The tensors input_0.pb, input_1.pb … of a data set. */
async function readTensors(testCase, dataSet, kind) {
  const count = readdirSync(path(testCase.path, dataSet)).filter((name) =>
    name.startsWith(`${kind}_`),
  ).length;
  const files = Array.from({ length: count }, (_, i) => path(testCase.path, dataSet, `${kind}_${i}.pb`));
  return Promise.all(files.map(async (file) => (await readTensorProto(file)).tensor));
}

/** A sentence of how `actual` is wrong, or undefined. */
function difference(name, expected, actual) {
  if (!actual) return `output '${name}' is missing`;
  if (actual.type !== expected.type) return `output '${name}' is ${actual.type}, not ${expected.type}`;
  if (actual.dims.join() !== expected.dims.join()) {
    return `output '${name}' has shape [${actual.dims}], not [${expected.dims}]`;
  }
  const close = (a, b) =>
    Object.is(a, b) || a === b || Math.abs(a - b) <= absoluteTolerance + relativeTolerance * Math.abs(b);
  const isFloat = expected.type.startsWith('float');
  const wrong = expected.data.findIndex(
    (value, i) => !(isFloat ? close(actual.data[i], value) : actual.data[i] === value),
  );
  return wrong < 0
    ? undefined
    : `output '${name}'[${wrong}] is ${actual.data[wrong]}, not ${expected.data[wrong]}`;
}

/** Runs one case; throws what is wrong with it. */
async function run(testCase, engine) {
  const model = await loadModel(readFileSync(path(testCase.path, 'model.onnx')), { engine });
  try {
    for (const dataSet of testCase.data_sets) {
      const inputs = await readTensors(testCase, dataSet, 'input');
      const feeds = Object.fromEntries(inputs.map((tensor, i) => [model.inputs[i]?.name, tensor]));
      const outputs = await model.run(feeds);
      for (const [i, expected] of (await readTensors(testCase, dataSet, 'output')).entries()) {
        const { name } = model.outputs[i];
        const problem = difference(name, expected, outputs[name]);
        if (problem) throw new Error(problem);
      }
    }
  } finally {
    model.dispose();
  }
}

/** Runs every case that `only` matches: {passed, failed: [{case, reason}], skipped: [{case, reason}]}. */
export async function runOperatorTests({ build = 'auto', only = '', onPassed = () => {} } = {}) {
  enableRelaxedSimd();
  let engine = await createEngine({ build });
  await extract(engine);
  const manifest = JSON.parse(readFileSync(path('manifest.json'), 'utf8'));
  const titled = ({ release, name }) => `onnx ${release} ${name}`;
  const matches = (testCase) => new RegExp(only).test(titled(testCase));
  const result = { passed: 0, failed: [], skipped: [] };
  for (const testCase of manifest.cases.filter(matches)) {
    try {
      await run(testCase, engine);
      ++result.passed;
      onPassed(titled(testCase));
    } catch (error) {
      result.failed.push({ case: titled(testCase), reason: error.message });
      if (!engine.usable) engine = await createEngine({ build });
    }
  }
  engine.dispose();
  result.skipped = manifest.skipped
    .filter(matches)
    .map((skipped) => ({ case: titled(skipped), reason: skipped.reason }));
  return result;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      build: { type: 'string', default: 'auto' },
      only: { type: 'string', default: '' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const onPassed = (title) => values.verbose && console.log(`passed   ${title}`);
  const { passed, failed, skipped } = await runOperatorTests({ ...values, onPassed });
  const reasons = groupByReason(skipped);
  for (const [reason, cases] of Object.entries(reasons)) console.log(`skipped  ${cases.length}: ${reason}`);
  for (const { case: title, reason } of failed) console.log(`failed   ${title}: ${reason}`);
  console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  process.exitCode = failed.length > 0 || passed === 0 ? 1 : 0;
}

function groupByReason(skipped) {
  const groups = {};
  for (const item of skipped) (groups[item.reason] ??= []).push(item);
  return groups;
}
