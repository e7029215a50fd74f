// The table that a run prints.
import Table from 'cli-table3';
import { quartileRange } from '../support/stats.mjs';

const plain = {
  chars: Object.fromEntries(
    ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
      .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
      .map((part) => [part, part === 'middle' ? '  ' : '']),
  ),
  style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
};

export const digits = (x) => (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toPrecision(3));
export const percent = (share) =>
  share === null || share === undefined ? '' : `${(100 * share).toFixed(1)} %`;

export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** How far samples lie apart: the range of the middle half of them, of their median. */
export const spread = ({ ms, median }) => percent(quartileRange(ms) / median);

/** GOP/s, or of what only moves bytes GB/s. */
export const rate = ({ gops, gbs }) => (gops ? digits(gops) : gbs ? `${digits(gbs)} GB/s` : '');

/** Who ran: runtime, build, row or precision. */
export const contestantName = ({ runtime, build, precision, row, threads }) =>
  [runtime, build, precision, row, threads > 1 && `${threads} threads`].filter(Boolean).join(' ');

/** All rows of one engine, best and median beside each other. */
export function table(rows) {
  const made = new Table({
    ...plain,
    head: ['case', 'contestant', 'best ms', 'median ms', 'spread', 'GOP/s', 'of peak'],
    colAligns: ['left', 'left', ...Array(5).fill('right')],
  });
  let last;
  for (const row of rows) {
    const name = row.case === last ? '' : row.case;
    last = row.case;
    if (row.error) made.push([name, contestantName(row), { content: `WRONG: ${row.error}`, colSpan: 5 }]);
    else if (row.bytes) made.push([name, contestantName(row), megabytes(row.bytes), '', '', '', '']);
    else
      made.push([
        name,
        contestantName(row),
        digits(row.best),
        digits(row.median),
        spread(row),
        rate(row),
        percent(row.peakShare),
      ]);
  }
  return made.toString();
}

/** What targets ask for and what was measured of it, as judge.mjs says it. */
export function targetTable(judged) {
  const names = ['name', 'what', 'asked', 'best', 'median', 'verdict'];
  const made = new Table({
    ...plain,
    head: ['case', 'what', 'asked', 'best', 'median', ''],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'left'],
  });
  made.push(...judged.map((each) => names.map((name) => each[name].replaceAll('*', ''))));
  return made.toString();
}
