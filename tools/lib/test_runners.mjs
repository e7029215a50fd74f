// Runs JavaScript test suites and counts what ran: {passed, failed, skipped}.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesUnder } from './stamp.mjs';
import { inRoot } from './paths.mjs';
import { Problem, runShown, runStatus } from './run.mjs';

const resultsFolder = inRoot('build/test-results');

function freshResults(name) {
  const file = join(resultsFolder, name);
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  return file;
}

/** A suite that failed, or crashed before it wrote its results, never counts as free of failures. */
function checked(counts, status, name) {
  if (counts.passed + counts.failed === 0) throw new Problem(`${name} ran no test (exit code ${status})`);
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** Node's own test runner over the *.test.mjs files under `folder`, one file at a time; `node` is the Node to use. */
export async function nodeTest(folder, node = process.execPath) {
  const results = freshResults('node-test.tap');
  const reporters = [
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...['--test-reporter=tap', `--test-reporter-destination=${results}`],
  ];
  const testFiles = filesUnder(folder).filter((file) => file.endsWith('.test.mjs'));
  const status = await runStatus(node, ['--test', '--test-concurrency=1', ...reporters, ...testFiles], {
    cwd: folder,
  });
  const text = readFileSync(results, 'utf8');
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  const counts = {
    passed: count('pass'),
    failed: count('fail') + count('cancelled'),
    skipped: count('skipped'),
  };
  return checked(counts, status, folder);
}

/** Playwright over `folder`. */
export async function playwright(folder) {
  const results = freshResults('playwright.json');
  const env = { PLAYWRIGHT_JSON_OUTPUT_NAME: results };
  const program = inRoot('node_modules/.bin/playwright');
  const status = await runStatus(program, ['test', '--reporter=list,json'], { cwd: folder, env });
  const { stats } = JSON.parse(readFileSync(results, 'utf8'));
  return checked(
    { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped },
    status,
    folder,
  );
}

/** A script of ours that ends with the line "N passed, N failed, N skipped" and writes nothing else of that form. */
export async function countingScript(script) {
  const { status, output } = await runShown(process.execPath, [script]);
  const line = [...output.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1) ?? [];
  const [passed = 0, failed = 0, skipped = 0] = line.slice(1).map(Number);
  return checked({ passed, failed, skipped }, status, script);
}
