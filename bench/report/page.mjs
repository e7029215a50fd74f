// docs/benchmarks.md: what was measured, as a page.
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { inRoot } from '../support/paths.mjs';
import { judgeAll } from './judge.mjs';
import { caseTable, markdownTable } from './markdown.mjs';
import { writePictures } from './pictures.mjs';
import { Results } from './results.mjs';
import { contestantName, digits, megabytes, percent, rate, spread } from './table.mjs';
import { targetsOf } from './targets/index.mjs';

const lines = {
  1: 'Matrix products, output included, against the peak of their instruction',
  2: 'Convolutions through the public interface',
  3: 'Whole networks on one thread',
  4: 'Two threads',
  5: 'Start-up and memory',
  6: 'Quantizing on the device',
  7: 'Training',
};

const kinds = {
  peak: 'Peaks',
  kernel: 'Kernels',
  operator: 'Operators',
  network: 'Whole networks',
  startup: 'Start-up',
  memory: 'Memory',
  quantize: 'Quantizing',
  training: 'Training',
};

const timeColumns = [
  ['contestant', contestantName],
  ['best ms', (row) => digits(row.best), 'right'],
  ['median ms', (row) => digits(row.median), 'right'],
  ['samples', (row) => row.ms.length, 'right'],
];
const rateColumns = [
  ['GOP/s', rate, 'right'],
  ['of peak', (row) => percent(row.peakShare), 'right'],
];
const columnsOf = {
  peak: [...timeColumns, ...rateColumns.slice(0, 1)],
  kernel: [...timeColumns, ...rateColumns],
  operator: [...timeColumns, ...rateColumns],
  training: [...timeColumns, ['spread', spread, 'right']],
  memory: [
    ['contestant', contestantName],
    ['memory', (row) => megabytes(row.bytes), 'right'],
  ],
};

const unique = (values) => [...new Set(values)];

function setting({ rows, machine, date }) {
  const runtimes = unique(rows.map(({ runtime, runtimeVersion }) => `${runtime} ${runtimeVersion}`));
  const engines = unique(rows.map(({ engineVersion }) => engineVersion));
  const vnni = { true: 'with AVX-VNNI', false: 'without AVX-VNNI' }[machine.avxVnni];
  const load = `load ${machine.load} when it began`;
  return `* **Machine**: ${[machine.cpu, `${machine.cores} cores`, machine.system, vnni, load].filter(Boolean).join(', ')}; ${date}
* **Engines**: ${engines.join('; ')}
* **Runtimes**: ${runtimes.join('; ')}`;
}

function targetSection(results) {
  const judged = judgeAll(targetsOf(results.machine), results);
  const asked = judged.filter(({ verdict }) => verdict);
  const met = judged.filter(({ verdict }) => verdict === 'met').length;
  const parts = Object.entries(lines).map(([line, title]) => {
    const rows = judged.filter((each) => each.line === Number(line));
    if (rows.length === 0) return `### ${line}. ${title}\n\nNot measured in this run.`;
    const columns = ['what', 'asked', 'best', 'median', 'verdict'].map((name) => [
      ...[name === 'verdict' ? '' : name, (row) => row[name]],
      ['asked', 'best', 'median'].includes(name) ? 'right' : undefined,
    ]);
    const table = markdownTable(rows, [['case', ({ name }) => name], ...columns]);
    return `### ${line}. ${title}\n\n${table}`;
  });
  return `## Targets

${met} of ${asked.length} are met by best and median. Ratios are of times in the same run, best over best and median over
median, in Chromium unless another engine is named.${
    results.machine.avxVnni
      ? ''
      : ' This CPU has no AVX-VNNI;\nthe times and the ratios to peers that int8 is asked for are those of CPUs that have it.'
  }

${parts.join('\n\n')}`;
}

function resultSection({ rows }) {
  return unique(rows.map(({ engine }) => engine))
    .map((engine) => {
      const ofEngine = rows.filter((row) => row.engine === engine);
      const parts = Object.entries(kinds).flatMap(([kind, title]) => {
        const ofKind = ofEngine.filter((row) => row.kind === kind);
        return ofKind.length > 0
          ? [`### ${title}\n\n${caseTable(ofKind, columnsOf[kind] ?? timeColumns)}`]
          : [];
      });
      return `## ${ofEngine[0].engineVersion}\n\n${parts.join('\n\n')}`;
    })
    .join('\n\n');
}

const method = `Each answer is checked before its time counts: kernels bit for bit against their reference, operators against their
definition, networks against onnxruntime-web's float. Contestants of a case take turns, so that a bad episode of the machine
hits all of them. *Best* says what code can do, *median* what it did here. All run on one thread where no number of threads
is named. Octavo and onnxruntime-web copy operands in and results out at each run, Octavo into the arrays of the run
before, as its interface allows; LiteRT and TensorFlow.js keep both in their own memory, in their favour. With several threads
a contestant takes turns only with itself on one thread, since threads that wait for work hold their core for a while. LiteRT takes and gives floats: its int8 includes QUANTIZE and DEQUANTIZE.
Octavo's operators stand beside the peak of the instruction that products of their precision use, those that only move memory
beside a copy of as many float32.

A step of training is forward, backward and an update by gradient descent, from the same weights on the same batch: the loss and
the weights after one are compared with those of a computation in float64 by the definition, those of quantization-aware steps
(8 bits) with the float ones. PyTorch runs natively, on one thread, in turn with the others; its quantization-aware step is that of
its fbgemm configuration, convolutions fused with what follows. jax-js and TensorFlow.js keep the batch in their own memory. *Spread*
is what lies between the quarters of the samples, of the median.`;

/** Writes the page and its pictures from a file of results. Returns the names of what it wrote. */
export async function writePage(resultsFile) {
  const all = JSON.parse(await readFile(resultsFile, 'utf8'));
  const results = new Results(all);
  const pictures = await writePictures(results.rows, inRoot('docs/benchmarks'));
  const images = Object.entries(pictures).map(([name, file]) => `![${name}](${basename(file)})`);
  const wrong = all.filter(({ error }) => error);
  const wrongPart = wrong.map(
    (row) => `* ${row.engine}, ${row.case}, ${contestantName(row)}: ${row.error.split('\n')[0]}`,
  );
  const page = [
    '# Benchmarks',
    '`npm run bench -- --report FILE` makes this page from a file that `npm run bench -- --json FILE` writes.',
    setting(results),
    method,
    ...images,
    targetSection(results),
    ...(wrong.length > 0 ? [`## Wrong or failed\n\n${wrongPart.join('\n')}`] : []),
    resultSection(results),
  ];
  await writeFile(inRoot('docs/benchmarks.md'), `${page.join('\n\n')}\n`);
  return ['docs/benchmarks.md', ...Object.values(pictures)];
}
