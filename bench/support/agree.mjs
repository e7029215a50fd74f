// Whether an answer is right. Each check returns what is wrong in words, or nothing.

const largest = (a) => a.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** Float results agree within `tolerance` times the largest element: summation order is the runtime's own. */
export function floatsAgree(expected, actual, tolerance = 1e-4) {
  if (actual.length !== expected.length) return `has ${actual.length} elements, not ${expected.length}`;
  const limit = tolerance * largest(expected);
  for (let i = 0; i < expected.length; ++i) {
    if (!(Math.abs(expected[i] - actual[i]) <= limit))
      return `element ${i} is ${actual[i]}, not ${expected[i]}`;
  }
  return undefined;
}

/** Integer results agree within `steps`, 0 for bit for bit. Runtimes differ by one where they round a half differently. */
export function integersAgree(expected, actual, steps) {
  if (actual.length !== expected.length) return `has ${actual.length} elements, not ${expected.length}`;
  for (let i = 0; i < expected.length; ++i) {
    if (!(Math.abs(expected[i] - actual[i]) <= steps))
      return `element ${i} is ${actual[i]}, not ${expected[i]}`;
  }
  return undefined;
}

export const argmax = (a) => a.indexOf(a.reduce((most, x) => Math.max(most, x), -Infinity));

export function cosine(a, b) {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; ++i) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return dot / Math.sqrt(aa * bb);
}

/** A quantized network agrees when its output points the same way as the float one's, top-1 included if asked. */
export function quantizedAgrees(expected, actual, { leastCosine, top1 }) {
  if (actual.length !== expected.length) return `has ${actual.length} elements, not ${expected.length}`;
  const angle = cosine(expected, actual);
  if (!(angle >= leastCosine)) return `has a cosine of ${angle.toFixed(4)} to float, below ${leastCosine}`;
  if (top1 && argmax(expected) !== argmax(actual))
    return `has its largest at ${argmax(actual)}, not ${argmax(expected)}`;
  return undefined;
}
