// Tables of docs/accuracy.md of what was trained.
import { readFile, writeFile } from 'node:fs/promises';
import { markdownTable } from '../../bench/report/markdown.mjs';
import { inRoot } from '../lib/paths.mjs';
import { Problem } from '../lib/run.mjs';

const page = inRoot('docs/accuracy.md');

export const percent = (share) => `${(100 * share).toFixed(2)} %`;

/** The mean, and half of the way between the best and the worst. */
function meanWithSpread(shares) {
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const half = 50 * (Math.max(...shares) - Math.min(...shares));
  return `${percent(mean)}${shares.length > 1 ? ` ± ${half.toFixed(2)}` : ''}`;
}

/** The columns of trainings beside what there is without; rows have {title, float, untrained, trained}. */
export const trainingColumns = (of) => [
  [of, ({ title }) => title],
  ['float', ({ float }) => percent(float), 'right'],
  ['best without training', ({ untrained }) => percent(untrained.score), 'right'],
  ['trained', ({ trained }) => meanWithSpread(trained.map(({ score }) => score)), 'right'],
  ['seeds', ({ trained }) => String(trained.length), 'right'],
];

/**
 * Puts the table of `npm run accuracy:NAME` in its place.
 * @param {Record<string, object>} rows by their titles
 */
export async function writeTable(name, rows, columns) {
  const [begin, end] = [`<!-- table: npm run accuracy:${name} -->`, `<!-- end of the table of ${name} -->`];
  const text = await readFile(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Problem(`${page} lacks its markers "${begin}" and "${end}"`);
  const table = markdownTable(
    Object.entries(rows).map(([title, row]) => ({ title, ...row })),
    columns,
  );
  await writeFile(page, `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`);
}
