// Runs all of ONNX's own operator tests through the package's public API and prints what passed, what was refused and why, and what failed.
//   node tools/run-onnx-operator-tests.mjs [--build simd|relaxed|auto] [--only PATTERN] [--verbose]
// The cases are in build/onnx-operator-tests/, where tools/onnx-operator-tests/extract.py puts them.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createEngine, loadModel, Tensor } from 'octavo';
import { enableRelaxedSimd, readTensorProto } from 'octavo/node';
import { halvesToFloats, isHalfType } from '../web/package/dist/half.js';

const folder = new URL('../build/onnx-operator-tests/', import.meta.url);
const path = (...parts) => fileURLToPath(new URL(parts.join('/'), folder));
const releases = ['1.4.1', '1.8.1', '1.16.2', '1.19.1'];

// The tolerances of ONNX's own backend test runner, of which the absolute one is of an output whose largest element is 1: what
// stands for 0 is what rounding left in somebody else's sums.
const relativeTolerance = 1e-3;
const absoluteTolerance = 1e-7;

/** What is not computed here, by the error that says so. A refusal for another reason is a failure. */
const refusals = {
  strings: /data type string|strings are not supported|StringNormalizer/,
  sequences: /Sequence|is not a tensor/,
  optional: /Optional|attribute 'type' holds a value of a type/,
  'classical machine learning': /ai\.onnx\.ml|names no opset of the default domain/,
  'training domain': /ai\.onnx\.preview\.training|training/,
  'floats of 4 and 8 bits, integers of 2': /data type (float8|float4|u?int2\b)|output_dtype/,
  'random without a seed': /needs the attribute 'seed'/,
  images: /ImageDecoder/,
};

/** Tests whose expected output nobody computes, and what it is. */
const disputed = [
  [/^test_bernoulli_seed/, "numbers of NumPy's generator"],
  [
    /^test_qlinearmatmul_.D_int8/,
    'the sums wrap around where QuantizeLinear saturates; onnxruntime saturates',
  ],
];
const disputedBefore = [
  [
    /^test_cast(like)?_FLOAT(16)?_to_(U?INT4|BFLOAT16)/,
    'clamps integers of 4 bits and cuts bfloat16 off; 1.19.1 wraps and rounds',
  ],
  [
    /^test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True/,
    'counts taps beyond the padding',
  ],
];

/** Takes out the cases, unless that was done. */
function extract() {
  const list = path('releases.json');
  if (existsSync(list) && JSON.parse(readFileSync(list, 'utf8')).join() === releases.join()) return;
  const script = fileURLToPath(new URL('onnx-operator-tests/extract.py', import.meta.url));
  const { status, error } = spawnSync('python3', [script], { stdio: 'inherit' });
  if (status !== 0) throw error ?? new Error('the tests could not be extracted');
}

/** The tensors input_0.pb, input_1.pb … of a data set. */
async function readTensors(dataSet, kind) {
  const count = readdirSync(path(dataSet)).filter((name) => name.startsWith(`${kind}_`)).length;
  const files = Array.from({ length: count }, (_, i) => path(dataSet, `${kind}_${i}.pb`));
  return Promise.all(files.map(async (file) => (await readTensorProto(file)).tensor));
}

/** A sentence of how `actual` is wrong, or undefined. */
function difference(name, expected, actual) {
  if (!actual) return `output '${name}' is missing`;
  if (actual.type !== expected.type) return `output '${name}' is ${actual.type}, not ${expected.type}`;
  if (actual.dims.join() !== expected.dims.join())
    return `output '${name}' has shape [${actual.dims}], not [${expected.dims}]`;
  const isFloat = expected.type.includes('float');
  const numbers = (tensor) => (isFloat ? floatsOf(tensor) : tensor.data);
  const [wanted, given] = [numbers(expected), numbers(actual)];
  const largest = isFloat
    ? wanted.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1)
    : 1;
  const close = (a, b) =>
    Object.is(a, b) ||
    a === b ||
    Math.abs(a - b) <= absoluteTolerance * largest + relativeTolerance * Math.abs(b);
  const wrong = wanted.findIndex((value, i) => !(isFloat ? close(given[i], value) : given[i] === value));
  return wrong < 0 ? undefined : `output '${name}'[${wrong}] is ${given[wrong]}, not ${wanted[wrong]}`;
}

/** 16-bit floats are bits in JavaScript. */
const floatsOf = ({ type, data }) => (isHalfType(type) ? halvesToFloats(type, data) : data);

/** Older releases keep bfloat16 as the integers that its bits are. */
const asDeclared = (tensor, value) =>
  value?.type === 'bfloat16' && tensor.type === 'uint16'
    ? new Tensor('bfloat16', tensor.data, tensor.dims)
    : tensor;

/** Runs one case; throws what is wrong with it. */
async function run(test, engine) {
  const model = await loadModel(readFileSync(path(test, 'model.onnx')), { engine });
  try {
    for (const name of readdirSync(path(test)).filter((each) => each.startsWith('test_data_set_'))) {
      const dataSet = `${test}/${name}`;
      const inputs = await readTensors(dataSet, 'input');
      const feeds = Object.fromEntries(
        inputs.map((tensor, i) => [model.inputs[i]?.name, asDeclared(tensor, model.inputs[i])]),
      );
      const outputs = await model.run(feeds);
      for (const [i, expected] of (await readTensors(dataSet, 'output')).entries()) {
        const { name } = model.outputs[i];
        const problem = difference(name, asDeclared(expected, model.outputs[i]), outputs[name]);
        if (problem) throw new Error(`WRONG: ${problem}`);
      }
    }
  } finally {
    model.dispose();
  }
}

const reasonOf = (message) => Object.entries(refusals).find(([, sign]) => sign.test(message))?.[0];
const disputeOf = (release, name) =>
  [...disputed, ...(release === '1.19.1' ? [] : disputedBefore)].find(([pattern]) => pattern.test(name))?.[1];

/** Runs every case that `only` matches: {passed, failed: [{case, reason}], skipped: [{case, reason}]}. */
export async function runOperatorTests({ build = 'auto', only = '', onPassed = () => {} } = {}) {
  enableRelaxedSimd();
  extract();
  let engine = await createEngine({ build });
  const result = { passed: 0, failed: [], skipped: [] };
  for (const release of releases) {
    for (const name of readdirSync(path(release)).sort()) {
      const title = `onnx ${release} ${name}`;
      if (!new RegExp(only).test(title)) continue;
      const dispute = disputeOf(release, name);
      if (dispute) {
        result.skipped.push({ case: title, reason: `disputed: ${dispute}` });
        continue;
      }
      try {
        await run(`${release}/${name}`, engine);
        ++result.passed;
        onPassed(title);
      } catch (error) {
        const reason =
          error.message.startsWith('WRONG') || !engine.usable ? undefined : reasonOf(error.message);
        if (reason) result.skipped.push({ case: title, reason });
        else result.failed.push({ case: title, reason: error.message });
        if (!engine.usable) engine = await createEngine({ build });
      }
    }
  }
  engine.dispose();
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
  for (const [reason, cases] of Object.entries(groupedByReason(skipped)))
    console.log(`skipped  ${cases.length}: ${reason}`);
  for (const { case: title, reason } of failed) console.log(`failed   ${title}: ${reason}`);
  console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  process.exitCode = failed.length > 0 || passed === 0 ? 1 : 0;
}

function groupedByReason(items) {
  const groups = {};
  for (const item of items) (groups[item.reason] ??= []).push(item);
  return groups;
}
