// npm run accuracy: see --help. Sets up and builds what it needs first.
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { buildEngine, buildWeb } from '../build.mjs';
import { inRoot } from '../lib/paths.mjs';
import { Problem, main } from '../lib/run.mjs';
import { setUp } from '../setup.mjs';
import { ensurePython, networkNames } from './python.mjs';

const resultsFile = inRoot('build/accuracy/results.json');

/** Results of networks by name; those that are measured anew take the place of older ones. */
async function readResults() {
  return existsSync(resultsFile) ? JSON.parse(await readFile(resultsFile, 'utf8')) : {};
}

/** Rows of Octavo's that were measured before and not this time stay, of settings that there still are. */
function merge(before, now, settings) {
  const isNew = (row) => now.rows.some(({ tool, setting }) => tool === row.tool && setting === row.setting);
  const isKnown = (row) => settings.some(({ setting }) => setting === row.setting);
  const kept = (before?.rows ?? []).filter((row) => row.tool === 'octavo' && isKnown(row) && !isNew(row));
  return { ...now, rows: [...now.rows, ...kept] };
}

await main(async () => {
  const argv = process.argv.slice(2);
  if (!['--help', '-h', '--list', '--report', '--no-build'].some((option) => argv.includes(option))) {
    await setUp();
    await buildEngine();
    await buildWeb();
  }
  // Needs what set-up installs.
  const { parseOptions } = await import('./options.mjs');
  const networks = networkNames();
  const options = parseOptions(argv, networks);
  const { octavoSettings } = await import('./settings.mjs');
  const settings = octavoSettings.filter(({ setting }) => new RegExp(options.settings).test(setting));
  if (options.list) {
    console.log(`networks:\n  ${networks.join('\n  ')}`);
    console.log(`settings of Octavo:\n  ${octavoSettings.map(({ setting }) => setting).join('\n  ')}`);
    return;
  }
  const { writePage } = await import('./report.mjs');
  if (options.report) {
    if (!existsSync(resultsFile)) throw new Problem(`${resultsFile} is not there: run without --report`);
    await writePage(await readResults());
    return;
  }
  const { enableRelaxedSimd } = await import('octavo/node');
  enableRelaxedSimd();
  const python = await ensurePython(options.python);
  const { measure } = await import('./measure.mjs');
  for (const name of options.only) {
    const measured = await measure(name, { python, fresh: options.fresh, settings });
    const results = await readResults();
    const all = { ...results, [name]: merge(results[name], measured, octavoSettings) };
    const ordered = networks.filter((network) => network in all).map((network) => [network, all[network]]);
    await mkdir(inRoot('build/accuracy'), { recursive: true });
    await writeFile(resultsFile, `${JSON.stringify(Object.fromEntries(ordered), null, 1)}\n`);
  }
  await writePage(await readResults());
});
