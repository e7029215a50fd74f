// One case: loads contestants, checks the answer of each, and lets those that are right take turns.
import { makeRow } from '../support/stats.mjs';
import { takeTurns } from '../support/turns.mjs';

const identify = ({ runtime, build, threads }, precision) => ({ runtime, build, threads, precision });

/**
 * Entries are {runtime, precision, bytes, feeds, check(outputs), extra} where `check` says what is wrong and
 * `extra` is what the row has beside or instead. A contestant that fails
 * makes a row with an error and is not timed.
 */
export async function contest(what, entries, context) {
  const rows = [];
  const ready = [];
  for (const { runtime, precision, bytes, feeds, check, extra } of entries) {
    const identity = { ...what, ...identify(runtime, precision), ...extra };
    try {
      const session = await runtime.load(bytes, feeds);
      const complaint = check(await session.run());
      if (complaint) throw new Error(complaint);
      const compute = session.compute ?? session.run;
      const run = async (repetitions) => {
        for (let i = 0; i < repetitions; ++i) await compute();
      };
      ready.push({ identity, session, run });
    } catch (error) {
      rows.push({ ...identity, error: error.message });
    }
  }
  const samples = await takeTurns(ready, {
    rounds: context.rounds,
    budgetMs: context.budgetMs * (context.patience ?? 1),
  });
  ready.forEach(({ identity }, i) => rows.push(makeRow(identity, samples[i])));
  for (const { session } of ready) session.dispose();
  return rows;
}
