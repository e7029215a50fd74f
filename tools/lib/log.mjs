// What the tools say to the person who runs them: one line a step, its time when it took long.

const startedAt = Date.now();

/** Prints one line, prefixed with the seconds since the tool began. */
export function say(text) {
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1).padStart(6);
  console.log(`${seconds}s  ${text}`);
}

/** Says `text`, does the work, and says how long it took if that was more than two seconds. */
export async function step(text, work) {
  say(`${text} …`);
  const begin = Date.now();
  const result = await work();
  const seconds = (Date.now() - begin) / 1000;
  if (seconds > 2) say(`${text}: done in ${seconds.toFixed(0)} s`);
  return result;
}
