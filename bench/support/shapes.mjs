// bench/shapes/*.txt: numbers, one shape a line; # starts a comment.

export function parseShapes(text) {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => line.split(/\s+/).map(Number));
}

export const gemmName = ([m, n, k]) => `${m}x${n}x${k}`;

/** `3x3 64->64 @56`; the stride only where it is not 1. */
export function convName([size, inputs, outputs, kernel, stride]) {
  const step = stride === 1 ? '' : `/${stride}`;
  return `${kernel}x${kernel}${step} ${inputs}->${outputs} @${size}`;
}

export function depthwiseName([size, channels, , kernel, stride]) {
  const step = stride === 1 ? '' : `/${stride}`;
  return `${kernel}x${kernel}${step} ${channels} @${size}`;
}
