// Where names of points stand beside a chart.

/**
 * Places as near as can be to those that are wanted, `gap` apart at least, from `least` to `most`, where they have room. By isotonic
 * regression of the distances that are left beyond the gaps: https://en.wikipedia.org/wiki/Isotonic_regression
 */
export function spread(wanted: readonly number[], gap: number, least: number, most: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  // Runs of places that stand close together around their mean.
  const runs: { mean: number; count: number }[] = [];
  order.forEach((i, rank) => {
    let run = { mean: (wanted[i] ?? 0) - rank * gap, count: 1 };
    for (let last = runs.at(-1); last && last.mean > run.mean; last = runs.at(-1)) {
      runs.pop();
      const count = last.count + run.count;
      run = { mean: (last.mean * last.count + run.mean * run.count) / count, count };
    }
    runs.push(run);
  });
  const end = most - (wanted.length - 1) * gap;
  const means = runs.flatMap(({ mean, count }) => Array.from({ length: count }, () => mean));
  const places: number[] = [];
  order.forEach((i, rank) => {
    places[i] = Math.max(least, Math.min(end, means[rank] ?? 0)) + rank * gap;
  });
  return places;
}
