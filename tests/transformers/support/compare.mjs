// Results of pipelines beside each other.
import assert from 'node:assert/strict';

const isNumbers = (value) => Array.isArray(value) && value.length > 0 && value.every(Number.isFinite);

/**
 * Holds that two results are the same but for numbers with a fraction, which may differ by `tolerance` of the largest beside them; gives
 * the largest difference. Labels, texts, tokens, indices, shapes and their order are to be equal.
 */
export function checkSame(actual, expected, tolerance, where = 'result') {
  if (isNumbers(expected) && !expected.every(Number.isInteger)) {
    assert.equal(actual.length, expected.length, `${where}: length`);
    const largest = Math.max(...expected.map(Math.abs));
    return Math.max(...expected.map((value, i) => checkNear(actual[i], value, largest, tolerance, where)));
  }
  if (typeof expected === 'number' && !Number.isInteger(expected))
    return checkNear(actual, expected, Math.abs(expected), tolerance, where);
  if (expected === null || typeof expected !== 'object') {
    assert.equal(actual, expected, where);
    return 0;
  }
  assert.deepEqual(
    Object.keys(actual),
    Object.keys(expected),
    `${where}: ${JSON.stringify(actual).slice(0, 300)}`,
  );
  const below = Object.keys(expected).map((key) =>
    checkSame(actual[key], expected[key], tolerance, `${where}.${key}`),
  );
  return Math.max(0, ...below);
}

function checkNear(actual, expected, scale, tolerance, where) {
  const difference = Math.abs(actual - expected) / scale;
  assert.ok(difference <= tolerance, `${where}: ${actual}, expected ${expected}`);
  return difference;
}
