// docs/accuracy.md: the tables between its markers.
import { readFile, writeFile } from 'node:fs/promises';
import { markdownTable } from '../../bench/report/markdown.mjs';
import { inRoot } from '../lib/paths.mjs';
import { Problem } from '../lib/run.mjs';
import { judge } from './judge.mjs';

const page = inRoot('docs/accuracy.md');
const [begin, end] = ['<!-- tables: npm run accuracy -->', '<!-- end of tables -->'];

const tools = { onnxruntime: 'ONNX Runtime', pytorch: 'PyTorch', octavo: 'Octavo' };
const percent = (value) => (value === undefined ? '' : `${(100 * value).toFixed(2)} %`);
const decibels = (value) => (value === undefined ? '' : value.toFixed(1));
const kilobytes = (value) => (value === undefined ? '' : `${(value / 1000).toFixed(0)} KB`);

/** Puts the tables of all results into the page. */
export async function writePage(results) {
  const text = await readFile(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Problem(`${page} lacks its markers "${begin}" and "${end}"`);
  const networks = Object.values(results);
  const tables = [summary(networks), ...networks.map(details)].join('\n\n');
  await writeFile(page, `${text.slice(0, from + begin.length)}\n\n${tables}\n\n${text.slice(to)}`);
}

/** The measures of the first table: their titles, and how a value is shown. */
const measures = {
  score: { title: 'score', show: percent },
  sqnrDb: { title: 'SQNR', show: (value) => value && `${decibels(value)} dB` },
};

/** A row for each measure of each network. */
function summary(networks) {
  const lines = networks.flatMap((network) => {
    const judged = judge(network);
    if (!judged) return [];
    return Object.entries(measures)
      .filter(([measure]) => judged.verdicts[measure] !== undefined)
      .map(([measure, facts]) => ({ network: network.title, measure, ...facts, ...judged }));
  });
  const emphasised = (verdict) => (['ahead', 'level'].includes(verdict) ? verdict : `**${verdict}**`);
  const peerColumn = (tool) => [
    tools[tool],
    ({ best, measure, show }) => show(best[tool][measure]) ?? 'none',
    'right',
  ];
  return `## Static int8: Octavo's default and the best of each peer\n\n${markdownTable(lines, [
    ['network', ({ network }) => network],
    ['measure', ({ title }) => title],
    ['float', ({ float, measure, show }) => (measure === 'score' ? show(float.score) : ''), 'right'],
    peerColumn('onnxruntime'),
    peerColumn('pytorch'),
    ['Octavo', ({ ours, measure, show }) => show(ours[measure]), 'right'],
    ['Octavo is', ({ verdicts, measure }) => emphasised(verdicts[measure])],
  ])}`;
}

function details({ title, source, rows, score = 'score', classes = true }) {
  const scored = rows.some((row) => row.score !== undefined);
  const sqnr = (row) => {
    if (row.error) return `none: ${firstLine(row.error)}`;
    return row.kind === 'float' ? '' : decibels(row.sqnrDb);
  };
  return `## ${title}\n\n${source[0].toUpperCase()}${source.slice(1)}.\n\n${markdownTable(rows, [
    ['tool', ({ tool }) => tools[tool]],
    ['setting', ({ setting }) => setting],
    ...(scored ? [[score, (row) => percent(row.score), 'right']] : []),
    ['SQNR dB', sqnr, 'right'],
    ...(classes ? [['same', (row) => percent(row.agreement), 'right']] : []),
    ['size', (row) => kilobytes(row.bytes), 'right'],
  ])}`;
}

const firstLine = (text) => text.split('\n')[0].slice(0, 80).replaceAll('|', '\\|');
