// One case: loads contestants, checks the answer of each, and lets those that are right take turns.
import { Peaks } from './peaks.mjs';

const identify = ({ runtime, build, threads }, precision) => ({ runtime, build, threads, precision });

/**
 * Contests of one thread with several, everything else the same: threads that wait for work take the cores from those of
 * others, and weights of others the cache.
 */
export function byContestant(entries) {
  const groups = new Map();
  for (const entry of entries) {
    const key = [entry.runtime.runtime, entry.runtime.build, entry.precision, entry.extra?.row].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()];
}

/**
 * Entries are {runtime, precision, bytes, feeds, check(outputs), extra, quantize, peak} where `check` says what is wrong,
 * `extra` is what the row has beside or instead, `quantize` is for `load`, and `peak` a loop to put the row beside. A
 * contestant that fails makes a row with an error and is not timed. A session that is far slower than others says how many
 * `samples` it may have; one that runs elsewhere says itself how long so many repetitions take, `timed`, and `runtimeVersion`.
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
      const repeat = async (repetitions) => {
        for (let i = 0; i < repetitions; ++i) await compute();
      };
      const { timed: run = repeat, samples, runtimeVersion } = session;
      ready.push({
        what: { ...identity, ...(runtimeVersion && { runtimeVersion }) },
        session,
        run,
        samples,
        peak,
      });
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
