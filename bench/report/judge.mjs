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

/** {what, name, asked, best, median, verdict} in words; verdict undefined where nothing was measured. */
export function judge({ what, name, sense, limit, unit, value }, results) {
  const [best, median] = ['best', 'median'].map((statistic) => value(results, statistic));
  const meets = (x) => (sense === '≥' ? x >= limit : x <= limit);
  return {
    ...{ what, name, asked: `${sense} ${format(limit, unit)}` },
    ...{ best: format(best, unit), median: format(median, unit) },
    verdict: best === undefined ? undefined : verdicts[[meets(best), meets(median)]],
  };
}
