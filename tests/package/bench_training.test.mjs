// What the benchmark of training holds contestants against, and that it turns wrong ones down.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lossAndGradients, referenceStep } from '../../bench/materials/training_reference.mjs';
import { contest } from '../../bench/suites/contest.mjs';
import { fill, normal } from '../../bench/support/random.mjs';
import { parametersOf, roundedStepAgrees, stepAgrees, unnoticed } from '../../bench/support/training.mjs';

const conv = (index, inputs, outputs, others) => ({
  ...{ op: 'conv', weight: `${index}.weight`, bias: `${index}.bias`, inputs, outputs },
  ...{ kernel: 3, stride: 1, pad: 1, group: 1, ...others },
});
/** All kinds of layers, on images of 9 × 8. */
const layers = [
  ...[conv(0, 2, 4, { stride: 2 }), { op: 'relu' }, conv(1, 4, 4, { group: 4 }), { op: 'relu' }],
  ...[conv(2, 4, 6, { kernel: 1, pad: 0 }), { op: 'maxPool' }, conv(3, 6, 6, { group: 2 })],
  ...[
    { op: 'globalAveragePool' },
    { op: 'dense', weight: '4.weight', bias: '4.bias', inputs: 6, outputs: 3 },
  ],
];
const random = normal(7);
const numbers = (dims) =>
  fill(
    Float64Array,
    dims.reduce((product, dim) => product * dim, 1),
    random,
  );
const dims = [2, 2, 9, 8];
const batch = { images: numbers(dims), dims, labels: [2, 0] };
const before = Object.fromEntries(parametersOf(layers).map((each) => [each.name, numbers(each.dims)]));
const expected = referenceStep(layers, before, batch, 0.1);
const changed = (change) => ({
  ...expected,
  weights: Object.fromEntries(
    Object.entries(expected.weights).map(([name, after]) => [
      name,
      after.map((w, i) => before[name][i] + change(w - before[name][i], i)),
    ]),
  ),
});

test('gradients of the definition are differences of its losses', () => {
  const { gradients } = lossAndGradients(layers, before, batch);
  const lossWith = (name, i, h) => {
    const moved = before[name].map((w, j) => (j === i ? w + h : w));
    return lossAndGradients(layers, { ...before, [name]: moved }, batch).loss;
  };
  const h = 1e-6;
  for (const [name, gradient] of Object.entries(gradients))
    gradient.forEach((g, i) => {
      const difference = (lossWith(name, i, h) - lossWith(name, i, -h)) / (2 * h);
      assert.ok(Math.abs(g - difference) < 1e-7, `${name}[${i}]: ${g}, not ${difference}`);
    });
});

test('a step is turned down for its loss, for any of its weights, and for what it leaves out', () => {
  assert.equal(stepAgrees(expected, expected), undefined);
  assert.deepEqual(unnoticed(expected, before), []);
  assert.match(stepAgrees(expected, { ...expected, loss: 1.01 * expected.loss }), /the loss is/);
  assert.match(stepAgrees(expected, { ...expected, loss: NaN }), /the loss is NaN/);
  assert.match(
    stepAgrees(
      expected,
      changed((change) => -change),
    ),
    /0\.weight after the step/,
  );
  assert.match(
    stepAgrees(
      expected,
      changed((change) => 1.1 * change),
    ),
    /after the step/,
  );
  assert.match(stepAgrees(expected, { ...expected, weights: {} }), /there is no 0\.weight/);
});

test('a rounded step may differ, but not in where it leads', () => {
  const near = changed((change, i) => (i % 2 ? 0.9 : 1.1) * change);
  assert.equal(roundedStepAgrees(expected, before, near), undefined);
  assert.match(roundedStepAgrees(expected, before, { ...near, loss: 1.1 * near.loss }), /the loss is/);
  assert.match(
    roundedStepAgrees(
      expected,
      before,
      changed(() => 0),
    ),
    /cosine/,
  );
  assert.match(
    roundedStepAgrees(
      expected,
      before,
      changed((change) => -change),
    ),
    /cosine of -1/,
  );
});

test('who is wrong is named and not timed; the slow have few turns; others tell their time', async () => {
  const turns = { wrong: 0, slow: 0 };
  const runtimeOf = (runtime, session) => ({
    runtime,
    load: async () => ({ run: async () => expected, compute: async () => {}, dispose() {}, ...session }),
  });
  const count = async (name) => {
    turns[name] += 1;
  };
  const runtimes = [
    runtimeOf('wrong', { run: async () => changed(() => 0), compute: () => count('wrong') }),
    runtimeOf('slow', { samples: 2, compute: () => count('slow') }),
    runtimeOf('elsewhere', { timed: async (repetitions) => 40 * repetitions, runtimeVersion: '1' }),
  ];
  const entries = runtimes.map((runtime) => ({
    runtime,
    check: (actual) => stepAgrees(expected, actual),
  }));
  const rows = await contest({ case: 'a step', kind: 'training' }, entries, { rounds: 8, budgetMs: 1 });
  const [wrong, slow, elsewhere] = runtimes.map(({ runtime }) => rows.find((row) => row.runtime === runtime));
  assert.match(wrong.error, /0\.weight after the step/);
  assert.equal(wrong.ms, undefined);
  assert.deepEqual(turns, { wrong: 0, slow: 2 });
  assert.equal(slow.ms.length, 2);
  assert.deepEqual([elsewhere.best, elsewhere.ms.length, elsewhere.runtimeVersion], [40, 5, '1']);
});
