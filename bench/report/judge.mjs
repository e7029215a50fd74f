// Whether targets are met, by the best samples and by the medians.
import { digits, percent } from './table.mjs';

const format = (value, unit) => {
  if (value === undefined) return '–';
  if (unit === 'share') return percent(value);
  return `${digits(value)} ${unit}`;
};

const verdicts = {
  'true,true': 'met',
  'true,false': 'best only',
  'false,true': 'median only',
  'false,false': '**missed**',
};

/** {what, name, asked, best, median, verdict} in words; verdict undefined where nothing was measured, empty where nothing is asked. */
function judge({ what, name, sense, limit, unit, value }, results) {
  const [best, median] = ['best', 'median'].map((statistic) => value(results, statistic));
  const meets = (x) => (sense === '≥' ? x >= limit : x <= limit);
  return {
    ...{ what, name, asked: limit === undefined ? '' : `${sense} ${format(limit, unit)}` },
    ...{ best: format(best, unit), median: format(median, unit) },
    verdict:
      best === undefined ? undefined : limit === undefined ? '' : verdicts[[meets(best), meets(median)]],
  };
}

/** What was measured of all targets, judged, with the `line` of each. */
export const judgeAll = (targets, results) =>
  targets
    .map((target) => ({ line: target.line, ...judge(target, results) }))
    .filter(({ verdict }) => verdict !== undefined);
