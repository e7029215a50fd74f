// Measures of agreement, written apart from the library's own.

export const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

export function largestDifference(first, second) {
  return first.reduce((most, value, i) => Math.max(most, Math.abs(value - second[i])), 0);
}

export function cosine(first, second) {
  let [dot, a, b] = [0, 0, 0];
  first.forEach((value, i) => {
    dot += value * second[i];
    a += value * value;
    b += second[i] * second[i];
  });
  return dot / Math.sqrt(a * b);
}

/** Signal to quantization noise, in dB. */
export function sqnrDb(reference, actual) {
  let [signal, noise] = [0, 0];
  reference.forEach((value, i) => {
    signal += value * value;
    noise += (value - actual[i]) ** 2;
  });
  return 10 * Math.log10(signal / noise);
}

export const argmax = (values) =>
  values.indexOf(values.reduce((most, value) => Math.max(most, value), -Infinity));
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export function softmax(logits) {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
