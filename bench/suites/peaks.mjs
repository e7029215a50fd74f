// Peak rates of the multiply instructions, and which of them a kernel row uses.
import { best } from '../support/stats.mjs';
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
 * The fastest loop of each instruction: {instruction: {shape, macs, run(repetitions)}}. Loops are checked, then measured
 * shortly; a repetition is `iterations` of the loop.
 */
export async function fastestPeaks(module) {
  const iterations = 2000;
  const loops = module.peaks().map(({ instruction, shape, macs }, index) => {
    const complaint = module.checkPeak(index);
    if (complaint) throw new Error(`peak loop ${instruction}, ${shape}: ${complaint}`);
    const run = (repetitions) => module.runPeak(index, iterations * repetitions);
    return { instruction, shape, macs: macs * iterations, run };
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
