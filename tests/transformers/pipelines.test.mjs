// transformers.js as it is published, on Octavo beside itself on onnxruntime-web: each of its pipelines in each dtype.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkSame } from './support/compare.mjs';
import { pipelines } from './support/pipelines.mjs';
import { resultsOn } from './support/processes.mjs';

const networks = fileURLToPath(new URL('../fixtures/transformers', import.meta.url));

/** How far numbers are apart, of the largest: sums in another order; quantized, a value that is rounded up or down. */
const tolerances = { fp32: 1e-5, q4: 1e-5, fp16: 3e-3, q4f16: 3e-3 };
const toleranceOfIntegers = 1e-3;

for (const version of ['3', '4']) {
  describe(`transformers.js ${version}`, async () => {
    const results = Promise.all([
      resultsOn('octavo', version, networks),
      resultsOn('onnxruntime-web', version, networks),
    ]);
    results.catch(() => {}); // The tests tell.

    for (const { folder, expected: other = folder, task, dtypes, tokens, tolerance } of pipelines) {
      for (const dtype of dtypes) {
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
  });
}
