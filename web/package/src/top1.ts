// Whether two models choose the same class.
import type { TypedData } from './native.js';

type Elements = { readonly data: TypedData; readonly dims: readonly number[] };

/**
 * Compares the place of the largest element (the first of equals) in each row of the last dimension. A row with NaN has no
 * largest element and agrees with none, not even with its like: a model that answers NaN has not chosen.
 */
export function top1Agreement(
  reference: Elements | undefined,
  other: Elements | undefined,
): { rows: number; sameTop1: number } {
  const classes = reference?.dims.at(-1) ?? 0;
  if (!reference || !other || classes < 2) return { rows: 0, sameTop1: 0 };
  const rows = reference.data.length / classes;
  let sameTop1 = 0;
  for (let row = 0; row < rows; ++row) {
    const first = indexOfLargest(reference.data, row * classes, classes);
    if (first !== undefined && first === indexOfLargest(other.data, row * classes, classes)) ++sameTop1;
  }
  return { rows, sameTop1 };
}

/** The place in a row of its largest element, the first of equals; undefined where there is NaN. */
export function indexOfLargest(data: TypedData, start: number, count: number): number | undefined {
  let best = start;
  for (let i = start; i < start + count; ++i) {
    if (Number.isNaN(data[i])) return undefined;
    if (data[i] > data[best]) best = i;
  }
  return best - start;
}
