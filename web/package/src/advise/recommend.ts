// Of methods that were measured: which fit, which are on the Pareto front, which one to take, and why.
import type { AdviseOptions, MeasuredMethod, ScoreReport } from './options.js';

/** Shares by which times and sizes may differ and mean the same: of noise, and of names in a file. */
const [sameTime, sameBytes] = [0.05, 0.01];
export type Target = NonNullable<AdviseOptions['target']>;

export interface Limits {
  maxDrop: number;
  metric: 'top1Agreement' | 'cosine' | undefined;
  maxBytes: number;
  maxMs: number;
}

/** The more the better. */
export const qualityOf = ({ score, agreement }: Pick<MeasuredMethod, 'score' | 'agreement'>): number =>
  score ? score.score : agreement.sqnrDb;

type Judged = Pick<MeasuredMethod, 'score' | 'agreement'>;

/** Without a score: what is to stay as it is. */
export const metricOf = ({ agreement }: Judged, { metric = 'top1Agreement' }: Limits) =>
  agreement.top1Agreement === undefined ? 'cosine' : metric;

/** How much is lost of the float network's answers. */
export function dropOf(row: Judged, float: Judged, limits: Limits): number {
  if (row.score && float.score) return float.score.score - row.score.score;
  return 1 - (row.agreement[metricOf(row, limits)] ?? row.agreement.cosine);
}

export type Unjudged = Omit<MeasuredMethod, 'fits' | 'onFront'>;

export function judgeAll(rows: readonly Unjudged[], limits: Limits): MeasuredMethod[] {
  const { maxDrop, maxBytes, maxMs } = limits;
  const all = rows.map((row) => ({ bytes: row.bytes, time: 1 / row.speedup, quality: qualityOf(row) }));
  type Costs = (typeof all)[number];
  const isNoWorse = (a: Costs, b: Costs) =>
    a.bytes <= b.bytes * (1 + sameBytes) && a.time <= b.time * (1 + sameTime) && a.quality >= b.quality;
  return rows.map((row, i) => ({
    ...row,
    fits:
      dropOf(row, rows[0], limits) <= maxDrop && row.bytes <= maxBytes && row.ms <= maxMs && row.speedup >= 1,
    onFront: !all.some((other) => isNoWorse(other, all[i]) && !isNoWorse(all[i], other)),
  }));
}

/** The less the better, beside the float network: times as they were in turns with it. */
function rank(row: MeasuredMethod, float: MeasuredMethod, target: Target): number {
  const [time, size] = [1 / row.speedup, row.bytes / float.bytes];
  return { balance: time * size, speed: time, size, accuracy: -qualityOf(row) }[target];
}

/**
 * The best of those that fit and are on the front, and of those that cost the same, but for noise, the closest; the float network where
 * there is none.
 */
export function recommend(methods: readonly MeasuredMethod[], target: Target): number {
  const fitting = methods
    .map((row, i) => ({ row, i, cost: rank(row, methods[0], target) }))
    .filter(({ row, i }) => i > 0 && row.fits && row.onFront);
  const least = Math.min(...fitting.map(({ cost }) => cost));
  const [best] = fitting
    .filter(({ cost }) => cost === least || cost <= least + sameTime * Math.abs(least))
    .toSorted(
      (a, b) => qualityOf(b.row) - qualityOf(a.row) || b.row.agreement.sqnrDb - a.row.agreement.sqnrDb,
    );
  return best?.i ?? 0;
}

const times = (ratio: number) => (ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(1));
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export function explain(
  methods: readonly MeasuredMethod[],
  chosen: number,
  limits: Limits,
  target: Target,
): string {
  const { maxDrop } = limits;
  const [float, row] = [methods[0], methods[chosen]];
  if (chosen === 0) {
    const closest = methods.slice(1).toSorted((a, b) => qualityOf(b) - qualityOf(a))[0];
    if (!closest) return 'There is nothing to quantize: the float network is the one to take.';
    const drop = dropOf(closest, float, limits);
    const why =
      drop > maxDrop
        ? `the closest, ${closest.name}, loses ${percent(drop)}, more than ${percent(maxDrop)}: training may help (prepareQat, which needs no labels)`
        : `what is close enough is slower than float here, or beyond the limits`;
    return `The float network is the one to take: ${why}.`;
  }
  const quality = row.score
    ? `with a score of ${row.score.score.toPrecision(4)} (float ${(float.score as ScoreReport).score.toPrecision(4)})`
    : metricOf(row, limits) === 'cosine'
      ? `${row.agreement.sqnrDb.toFixed(1)} dB from float`
      : `answers as float does in ${percent(row.agreement.top1Agreement ?? 1)} of the cases`;
  const best = {
    balance: 'none that is close enough takes clearly less time and space',
    speed: 'none that is close enough is clearly faster',
    size: 'none that is close enough is clearly smaller',
    accuracy: 'it is the closest of all',
  }[target];
  return `${row.name}: ${times(row.speedup)} times as fast as float and ${times(float.bytes / row.bytes)} times as small, ${quality}; ${best}.`;
}
