/** Of each item whether it has no counterpart among the others, in order: what the longest common part leaves. */
export function differences(items: readonly string[], others: readonly string[]): boolean[] {
  const common = commonLengths(items, others);
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  const differs = items.map(() => true);
  for (let i = 0, j = 0; i < items.length && j < others.length;) {
    if (items[i] === others[j]) {
      differs[i] = false;
      [i, j] = [i + 1, j + 1];
    } else if (at(i + 1, j) >= at(i, j + 1)) ++i;
    else ++j;
  }
  return differs;
}

/** How much of the items from i on and the others from j on is common. */
function commonLengths(items: readonly string[], others: readonly string[]): number[][] {
  const lengths = Array.from({ length: items.length + 1 }, () => Array<number>(others.length + 1).fill(0));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = items.length - 1; i >= 0; --i) {
    const row = lengths[i] ?? [];
    for (let j = others.length - 1; j >= 0; --j)
      row[j] = items[i] === others[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  return lengths;
}
