// Measures: builds the page, does every job in every engine, prints and writes what came out.
import { writeFile } from 'node:fs/promises';
import { engineNames, reasonToSkip, startEngine } from './engines/index.mjs';
import { startServer } from './engines/server.mjs';
import { describeJob, planJobs, runsIn } from './jobs.mjs';
import { prepare } from './materials/prepare.mjs';
import { buildPage } from './page/build.mjs';
import { judgeAll } from './report/judge.mjs';
import { writePictures } from './report/pictures.mjs';
import { Results } from './report/results.mjs';
import { table, targetTable } from './report/table.mjs';
import { targetsOf } from './report/targets/index.mjs';
import { machine, versionOf } from './support/machine.mjs';
import { mergeRows } from './support/stats.mjs';

const startedAt = performance.now();
const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4);
const say = (line) => console.error(`${seconds()} s  ${line}`);

/** Two threads of a busy machine share a core, and one is slow for seconds. */
function warnIfBusy({ load, cores }) {
  if (load > cores / 2)
    say(`WARNING: the machine is busy (load ${load} on ${cores} cores); times will be too long`);
}

async function measureEngine(engine, origin, jobs, context) {
  const running = await startEngine(engine, origin);
  const rows = [];
  try {
    say(running.version);
    for (const job of jobs) {
      const name = `${engine}: ${describeJob(job)}`;
      say(name);
      try {
        rows.push(...(await running.run(job, (line) => say(`${name}: ${line}`))));
      } catch (error) {
        say(`${name} FAILED: ${error.message}`);
        const { suite: kind, runtime = 'octavo' } = job;
        rows.push({ case: describeJob(job), kind, runtime, engine, error: error.message });
      }
    }
  } finally {
    await running.close();
  }
  return mergeRows(rows).map((row) => ({
    runtimeVersion: versionOf(row.runtime),
    ...row,
    engineVersion: running.version,
    ...context,
  }));
}

/** Returns the status to exit with: 1 when an answer was wrong or a job failed. */
export async function bench(options) {
  const jobs = planJobs(options);
  const context = { date: new Date().toISOString().slice(0, 10), machine: machine() };
  warnIfBusy(context.machine);
  await prepare(jobs, say);
  const engines = engineNames.filter((engine) => options.engines.includes(engine));
  if (engines.some((engine) => engine !== 'node')) await buildPage();
  const server = await startServer();
  const rows = [];
  try {
    for (const engine of engines) {
      const reason = reasonToSkip(engine);
      if (reason) {
        say(`${engine} is skipped: ${reason}`);
        continue;
      }
      const possible = jobs.filter((job) => runsIn(job, engine));
      const made = await measureEngine(engine, server.origin, possible, context).catch((error) => {
        say(`${engine} FAILED: ${error.message}`);
        return [
          { case: engine, kind: 'engine', runtime: 'octavo', engine, error: error.message, ...context },
        ];
      });
      console.log(`\n${engine}\n${table(made)}\n`);
      const judged = judgeAll(targetsOf(context.machine), new Results(made));
      if (judged.length > 0) console.log(`${targetTable(judged)}\n`);
      rows.push(...made);
      // After each engine: a run that is stopped keeps what it has.
      if (options.json) await writeFile(options.json, `${JSON.stringify(rows)}\n`);
    }
  } finally {
    server.close();
  }
  if (options.json) await writePictures(rows, options.json.replace(/\.json$/, ''));
  const wrong = rows.filter(({ error }) => error);
  for (const { engine, case: name, runtime, error } of wrong)
    console.error(`${engine}, ${name}, ${runtime}: ${error}`);
  return wrong.length > 0 ? 1 : 0;
}
