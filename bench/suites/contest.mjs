// One case: loads contestants, checks the answer of each, and lets those that are right take turns.
import { Peaks } from './peaks.mjs';

const identify = ({ runtime, build, threads }, precision) => ({ runtime, build, threads, precision });

/**
 * Entries are {runtime, precision, bytes, feeds, check(outputs), extra, quantize, peak} where `check` says what is wrong,
 * `extra` is what the row has beside or instead, `quantize` is for `load`, and `peak` a loop to put the row beside. A
 * contestant that fails makes a row with an error and is not timed.
 */
export async function contest(what, entries, context) {
  const rows = [];
  const ready = [];
  for (const { runtime, precision, bytes, feeds, check, extra, quantize, peak } of entries) {
    const identity = { ...what, ...identify(runtime, precision), ...extra };
    try {
      const session = await runtime.load(bytes, feeds, quantize);
      const complaint = check(await session.run());
      if (complaint) throw new Error(complaint);
      const compute = session.compute ?? session.run;
      const run = async (repetitions) => {
        for (let i = 0; i < repetitions; ++i) await compute();
      };
      ready.push({ what: identity, session, run, peak });
    } catch (error) {
      rows.push({ ...identity, error: error.message });
    }
  }
  const { peaks = new Peaks() } = context;
  const measured = await peaks.takeTurns(ready, {
    rounds: context.rounds,
    budgetMs: context.budgetMs * (context.patience ?? 1),
  });
  rows.push(...measured);
  for (const { session } of ready) session.dispose();
  return rows;
}
