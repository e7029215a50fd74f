// transformers.js as it is published, on Octavo beside itself on onnxruntime-web: each of its pipelines in each dtype.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkSame } from './support/compare.mjs';
import { pipelines, unsupported } from './support/pipelines.mjs';

const script = fileURLToPath(new URL('run_pipelines.mjs', import.meta.url));
const networks = fileURLToPath(new URL('../fixtures/transformers', import.meta.url));

/** transformers.js chooses its runtime as it is imported: each has a process of its own. */
async function resultsOn(runtime, version) {
  const { stdout } = await promisify(execFile)(process.execPath, [script, runtime, version, networks], {
    maxBuffer: 1 << 28,
  });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1));
}

/** How far numbers are apart, of the largest: sums in another order; quantized, a value that is rounded up or down. */
const tolerances = { fp32: 1e-5, q4: 1e-5, fp16: 3e-3, q4f16: 3e-3 };
const toleranceOfIntegers = 1e-3;

const isUnsupported = (folder, dtype) =>
  unsupported.some((each) => each.folder === folder && each.dtype === dtype);

for (const version of ['3', '4']) {
  describe(`transformers.js ${version}`, async () => {
    const results = Promise.all([resultsOn('octavo', version), resultsOn('onnxruntime-web', version)]);
    results.catch(() => {}); // The tests tell.

    for (const { folder, expected: other = folder, task, dtypes, tokens, tolerance } of pipelines) {
      for (const dtype of dtypes.filter((each) => !isUnsupported(folder, each))) {
        test(`${task}, ${folder}, ${dtype}`, async (context) => {
          const [octavo, onnxruntime] = await results;
          const [actual, expected] = [octavo[`${folder} ${dtype}`], onnxruntime[`${other} ${dtype}`]];
          assert.equal(expected.error, undefined, 'onnxruntime-web');
          assert.equal(actual.error, undefined, 'Octavo');
          const allowed = tolerance ?? tolerances[dtype] ?? toleranceOfIntegers;
          const difference = checkSame(actual, expected, allowed);
          context.diagnostic(`${difference.toExponential(1)} of the largest`);
          if (tokens) {
            assert.equal(expected.tokens.length, tokens);
            assert.ok(new Set(expected.tokens).size > tokens / 5, 'an answer that says more than one thing');
          }
        });
      }
    }

    for (const { folder, dtype, because } of unsupported) {
      test(`${folder}, ${dtype}: refused with its reason`, async () => {
        const [actual, expected] = (await results).map((each) => each[`${folder} ${dtype}`]);
        assert.equal(expected.error, undefined, 'onnxruntime-web');
        assert.match(actual.error, because);
      });
    }
  });
}
