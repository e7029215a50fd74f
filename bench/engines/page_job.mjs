// One job in a page of a browser that is driven by evaluating scripts: begun, then asked for now and then, so that nothing
// waits longer than drivers allow.

/** `evaluate` runs the text of an expression in the page and gives its value. */
export async function runInPage(evaluate, job, engine, say) {
  while (!(await evaluate(`'runJob' in globalThis`))) await pause();
  await evaluate(`(globalThis.said = [], globalThis.say = (line) => { said.push(line); },
    globalThis.runJob(${JSON.stringify(job)}, ${JSON.stringify(engine)}).then(
      (rows) => { globalThis.done = { rows }; },
      (error) => { globalThis.done = { error: error.message }; },
    ), true)`);
  for (;;) {
    const { lines, done } = JSON.parse(
      await evaluate(`JSON.stringify({ lines: said.splice(0), done: globalThis.done ?? null })`),
    );
    lines.forEach(say);
    if (done?.error) throw new Error(done.error);
    if (done) return done.rows;
    await pause();
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 500));
