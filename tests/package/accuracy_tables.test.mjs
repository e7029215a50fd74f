// The measures and the verdicts of `npm run accuracy`, which needs Python and an hour itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../tools/accuracy/judge.mjs';
import { score } from '../../tools/accuracy/score.mjs';

test('a score is of samples: decibels of each, classes that are the same and those that are right', () => {
  const reference = Float32Array.of(3, 4, 0, 1);
  const found = score({ outputs: Float32Array.of(3, 4.5, 1, 0), reference, count: 2, labels: [1, 1] });
  assert.ok(Math.abs(found.sqnrDb - (20 + 10 * Math.log10(1 / 2)) / 2) < 1e-9);
  assert.ok(Math.abs(found.pooledDb - 10 * Math.log10(26 / 2.25)) < 1e-9);
  assert.equal(found.agreement, 0.5);
  assert.equal(found.score, 0.5);
  const same = score({ outputs: reference, reference, count: 2 });
  assert.deepEqual(same, { sqnrDb: 100, pooledDb: 100, agreement: 1 });
});

const row = (tool, kind, sqnrDb, right, more) => ({
  tool,
  kind,
  sqnrDb,
  score: right,
  agreement: 0.995,
  ...more,
});
const judged = (...ours) =>
  judge({
    samples: 10000,
    rows: [
      row('onnxruntime', 'float', 100, 0.9),
      row('onnxruntime', 'static', 20, 0.898),
      row('onnxruntime', 'static', 10, 0.899),
      row('pytorch', 'static', 21, 0.89),
      { tool: 'pytorch', kind: 'static', error: 'none' },
      row('pytorch', 'dynamic', 40, 0.91),
      row('octavo', 'static', 30, 0.9),
      row('octavo', 'static', ...ours),
    ],
  });

test("Octavo's default is judged by the best of both peers, in each measure", () => {
  const verdicts = (...ours) => Object.values(judged(...ours, { isDefault: true }).verdicts);
  assert.deepEqual(verdicts(21, 0.899), ['ahead', 'ahead']);
  assert.deepEqual(verdicts(20.5, 0.8989), ['level', 'behind']);
  // Ten of 10,000 samples are what chance makes of 0.5 % that differ from float in both.
  assert.deepEqual(verdicts(22, 0.8981), ['level', 'ahead']);
  assert.deepEqual(verdicts(22, 0.8979), ['behind', 'ahead']);
  assert.deepEqual(verdicts(22, 0.8969), ['far under float', 'ahead']);
  assert.deepEqual(judged(22, 0.9, { isDefault: true }).best.onnxruntime, { score: 0.899, sqnrDb: 20 });
  assert.equal(judged(22, 0.9), undefined);
});
