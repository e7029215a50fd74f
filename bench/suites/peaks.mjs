// Peak rates of the multiply instructions, which of them a kernel row uses, and rows beside them.
import { best, makeRow, median } from '../support/stats.mjs';
import { takeTurns } from '../support/turns.mjs';

const instructionOf = [
  [/pair_dot|rd16/, 'rd16'],
  [/relaxed.*dot/, 'relaxed_dot'],
  [/dot_i16x8/, 'dot_i16x8'],
  [/madd/, 'relaxed_madd'],
  [/mul_add/, 'mul_add'],
];

/** The instruction that a row's inner loop consists of, by the row's name; undefined if it is none of these. */
export const instructionOfRow = (row) => instructionOf.find(([pattern]) => pattern.test(row))?.[1];

/**
 * The fastest loop of each instruction, a peak: {instruction: {instruction, build, row, macs, run(repetitions), samples}},
 * where `row` is the loop's shape and `samples`, empty as yet, are those taken in turn with rows. Loops are checked, then
 * measured shortly; a repetition is `iterations` of the loop.
 */
export async function fastestPeaks(module, build) {
  const iterations = 2000;
  const loops = module.peaks().map(({ instruction, shape, macs }, index) => {
    const complaint = module.checkPeak(index);
    if (complaint) throw new Error(`peak loop ${instruction}, ${shape}: ${complaint}`);
    const run = (repetitions) => module.runPeak(index, iterations * repetitions);
    return { instruction, build, row: shape, macs: macs * iterations, run, samples: [] };
  });
  // More loops than a compiler finishes in the pause of one warm-up: a short turn first.
  await takeTurns(loops, { rounds: 5, sampleMs: 0.5, warmMs: 10 });
  const samples = await takeTurns(loops, { rounds: 30, sampleMs: 1, warmMs: 10 });
  const fastest = {};
  loops.forEach((loop, i) => {
    const rate = loop.macs / best(samples[i]);
    if (!(rate <= fastest[loop.instruction]?.rate)) fastest[loop.instruction] = { ...loop, rate };
  });
  return fastest;
}

/** The instruction that each precision gets here, by the kernels that are best for products: {f32, u8, u7}. */
export function instructionsOfPrecisions(module) {
  const problem = new module.Case('gemm', [8, 8, 8]);
  const rows = problem.rows();
  problem.delete();
  const first = (...precisions) =>
    instructionOfRow(rows.find(({ precision }) => precisions.includes(precision)).row);
  // u7 is exact in rows of u8, too; rows are best first.
  return { f32: first('f32'), u8: first('u8'), u7: first('u7', 'u8') };
}

/** What a run does, multiply-adds or moved bytes. */
const workOf = ({ macs, moved }) => macs ?? moved;

const share = (row, ms, peak, peakMs) => Number((workOf(row) / ms / (workOf(peak) / peakMs)).toFixed(4));

/** Puts rows beside their peaks. */
export class Peaks {
  #measured = [];

  /**
   * Lets contestants, {what, run(repetitions), peak}, take turns with the loops that are the peaks of some. Gives the row
   * of each; its share by medians is of the samples that were taken in turn with it.
   */
  async takeTurns(contestants, options) {
    const peaks = [...new Set(contestants.map(({ peak }) => peak))].filter(Boolean);
    const samples = await takeTurns([...contestants, ...peaks], options);
    const turns = new Map(peaks.map((peak, i) => [peak, samples[contestants.length + i]]));
    for (const [peak, taken] of turns) peak.samples.push(...taken);
    return contestants.map(({ what, peak }, i) => {
      const row = makeRow(what, samples[i]);
      if (!peak) return row;
      row.instruction = peak.instruction;
      row.peakShareMedian = share(row, row.median, peak, median(turns.get(peak)));
      this.#measured.push({ row, peak });
      return row;
    });
  }

  /** Sets the shares of all rows, for which the best of all of its samples is the peak. Gives the rows of the peaks. */
  finish() {
    for (const { row, peak } of this.#measured)
      row.peakShare = share(row, row.best, peak, best(peak.samples));
    const peaks = new Set(this.#measured.map(({ peak }) => peak));
    return [...peaks].map(({ instruction, build, row, macs, moved, samples }) => {
      const what = { case: `peak ${instruction}`, kind: 'peak', runtime: 'octavo', build, threads: 1 };
      return makeRow({ ...what, row, instruction, macs, moved }, samples);
    });
  }
}
