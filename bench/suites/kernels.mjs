// Kernel rows on the shapes of real networks, each beside the peak of its own instruction.
import { convName, depthwiseName, gemmName, parseShapes } from '../support/shapes.mjs';
import { makeRow, median } from '../support/stats.mjs';
import { takeTurns } from '../support/turns.mjs';
import { fastestPeaks, instructionOfRow } from './peaks.mjs';

const families = [
  { kind: 'gemm', name: gemmName },
  { kind: 'conv', name: convName },
  { kind: 'dwconv', name: depthwiseName },
];

async function listCases(context) {
  const cases = [];
  for (const { kind, name } of families) {
    const shapes = parseShapes(await context.text(`shapes/${kind}.txt`));
    cases.push(...shapes.map((shape) => ({ kind, shape, name: `${kind} ${name(shape)}` })));
  }
  return cases.filter(({ name }) => context.wants(name));
}

/** Shares of the peak: the best of all of its samples is the peak. */
function addPeakShares(rows, peakRows) {
  for (const row of rows) {
    const peak = peakRows.find(({ instruction }) => instruction === row.instruction);
    if (peak) row.peakShare = Number((row.gops / peak.gops).toFixed(4));
  }
}

/** The share by medians, of the samples of the peak that were taken in turn with the row's. */
const medianShare = (row, peak, peakSamples) =>
  peak && Number((row.macs / row.median / (peak.macs / median(peakSamples))).toFixed(4));

/** Measures one case: rows beside the peaks that concern them, whose samples go to `peakSamples`. */
async function measureCase(module, { kind, shape, name }, common, peaks, peakSamples, context) {
  const problem = new module.Case(kind, shape);
  try {
    const contestants = problem.rows().map(({ row, precision }, index) => {
      const complaint = problem.check(index);
      if (complaint) throw new Error(`${name}, ${row}: ${complaint}`);
      const run = (repetitions) => problem.run(index, repetitions);
      return { row, precision, instruction: instructionOfRow(row), run };
    });
    const concerned = [...new Set(contestants.map(({ instruction }) => instruction))].filter(Boolean);
    const samples = await takeTurns([...contestants, ...concerned.map((it) => peaks[it])], {
      rounds: context.rounds,
      sampleMs: 1.5,
      budgetMs: context.budgetMs,
    });
    const peakTurns = new Map(concerned.map((it, i) => [it, samples[contestants.length + i]]));
    for (const [it, turns] of peakTurns) peakSamples[it].push(...turns);
    return contestants.map(({ row, precision, instruction }, i) => {
      const what = {
        case: name,
        kind: 'kernel',
        ...common,
        precision,
        row,
        instruction,
        macs: problem.macs(),
      };
      const made = makeRow(what, samples[i]);
      const peakShareMedian = medianShare(made, peaks[instruction], peakTurns.get(instruction));
      return { ...made, peakShareMedian };
    });
  } finally {
    problem.delete();
  }
}

export async function measureKernels(context) {
  const { build } = context;
  const cases = await listCases(context);
  if (cases.length === 0) return [];
  const module = await context.kernelsModule(build);
  const common = { runtime: 'octavo', build, threads: 1 };
  context.say(`peaks of the ${build} build; relaxed dot: ${module.dot()}`);
  const peaks = await fastestPeaks(module);
  const peakSamples = Object.fromEntries(Object.keys(peaks).map((it) => [it, []]));
  const rows = [];
  for (const each of cases) {
    context.say(each.name);
    try {
      rows.push(...(await measureCase(module, each, common, peaks, peakSamples, context)));
    } catch (error) {
      rows.push({ case: each.name, kind: 'kernel', ...common, error: error.message });
    }
  }
  const peakRows = Object.entries(peaks)
    .filter(([it]) => peakSamples[it].length > 0)
    .map(([it, { shape, macs }]) =>
      makeRow({ case: `peak ${it}`, kind: 'peak', ...common, instruction: it, shape, macs }, peakSamples[it]),
    );
  addPeakShares(
    rows.filter(({ error }) => !error),
    peakRows,
  );
  return [...peakRows, ...rows];
}
