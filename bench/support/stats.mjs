// Statistics of samples. Noise is one-sided here, so the best sample says what the code can do; the median, what it does.

export const best = (samples) => samples.reduce((least, x) => Math.min(least, x), Infinity);

export function median(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Between the first and the third quarter of the samples. */
export function quartileRange(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  return at(0.75) - at(0.25);
}

const rounded = (x) => Number(x.toPrecision(6));

/**
 * A result: what was measured, its samples in milliseconds, and what follows from them. `gops` counts two operations a
 * multiply-add, of the best sample; null where there are no multiply-adds to count. `gbs` is there where bytes are `moved`.
 */
export function makeRow(what, samples) {
  const ms = samples.map(rounded);
  const fastest = best(ms);
  const gops = what.macs ? rounded((2e-6 * what.macs) / fastest) : null;
  const gbs = what.moved && rounded((1e-6 * what.moved) / fastest);
  return { ...what, ms, best: fastest, median: rounded(median(ms)), gops, gbs, peakShare: null };
}

const identity = ({ engine, case: name, kind, runtime, build, threads, precision, row }) =>
  JSON.stringify([engine, name, kind, runtime, build, threads, precision, row]);

const join = (a, b) =>
  a.bytes ? { ...a, bytes: Math.max(a.bytes, b.bytes) } : makeRow(b, [...a.ms, ...b.ms]);

/** Lists of items with the same key, in the order of their first. */
function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}

/**
 * Rows of the same thing, measured in several jobs, become one with all of their samples; those of a kind and of a case
 * follow each other.
 */
export function mergeRows(rows) {
  const merged = new Map();
  for (const row of rows) {
    const key = identity(row);
    const other = merged.get(key);
    const joined = other && !other.error && !row.error ? join(other, row) : row;
    merged.set(other?.error ? `${key} error` : key, joined);
  }
  const all = [...merged.values()];
  return groupBy(all, ({ kind }) => kind).flatMap((ofKind) => groupBy(ofKind, (row) => row.case).flat());
}
