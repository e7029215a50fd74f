// What the tools say to the person who runs them: one line a step, and at the end a table of how long each took.
import { AsyncLocalStorage } from 'node:async_hooks';

const startedAt = Date.now();
const secondsSince = (time) => (Date.now() - time) / 1000;

/** Prints one line, prefixed with the seconds since the tool began. */
export function say(text) {
  console.log(`${secondsSince(startedAt).toFixed(1).padStart(6)}s  ${text}`);
}

/** Steps that were begun, in that order: {text, depth, seconds}. */
const steps = [];
const depths = new AsyncLocalStorage();

/** Says `text`, does the work, and says how long it took if that was more than two seconds. */
export async function step(text, work) {
  say(`${text} …`);
  const depth = depths.getStore() ?? 0;
  const record = { text, depth, seconds: 0 };
  steps.push(record);
  const begin = Date.now();
  try {
    return await depths.run(depth + 1, work);
  } finally {
    record.seconds = secondsSince(begin);
    if (record.seconds > 2) say(`${text}: done in ${record.seconds.toFixed(0)} s`);
  }
}

/** Prints how long each step took that took more than a second; those that ran inside of another are indented. */
export function printTimings() {
  const row = (seconds, text) => console.log(`${seconds.toFixed(0).padStart(6)} s  ${text}`);
  console.log();
  for (const { text, depth, seconds } of steps) if (seconds > 1) row(seconds, '  '.repeat(depth) + text);
  row(secondsSince(startedAt), 'in all');
}
