// Runs test suites and counts what ran: {passed, failed, skipped}.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { addCounts, countReport } from './junit.mjs';
import { filesUnder } from './stamp.mjs';
import { inRoot } from './paths.mjs';
import { Problem, runShown, runStatus } from './run.mjs';

/** An empty folder for reports. */
function freshFolder(...parts) {
  const folder = inRoot('build', ...parts);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The sum of a folder's reports. A suite that failed, or crashed before it wrote one, never counts as free of failures. */
async function sumReports(folder, status) {
  const reports = readdirSync(folder).map((file) => countReport(join(folder, file)));
  return checked(addCounts(...(await Promise.all(reports))), status, folder);
}

function checked(counts, status, name) {
  if (counts.passed + counts.failed === 0) throw new Problem(`${name} ran no test (exit code ${status})`);
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** The C++ tests of a built CMake preset, with additional environment variables. */
export async function catch2(preset, env = {}) {
  const reports = freshFolder(preset, 'test-results');
  const jobs = String(availableParallelism());
  const status = await runStatus('ctest', ['--preset', preset, '-j', jobs, '--no-tests=error'], { env });
  return sumReports(reports, status);
}

/** Node's own test runner over the *.test.mjs files under `folder`, two files at a time; `node` is the Node to use. */
export async function nodeTest(folder, node = process.execPath) {
  const reports = freshFolder('test-results', 'node');
  const reporters = [
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...['--test-reporter=junit', `--test-reporter-destination=${join(reports, 'report.xml')}`],
  ];
  const testFiles = filesUnder(folder).filter((file) => file.endsWith('.test.mjs'));
  const status = await runStatus(node, ['--test', '--test-concurrency=2', ...reporters, ...testFiles], {
    cwd: folder,
  });
  return sumReports(reports, status);
}

/** Playwright over `folder`. */
export async function playwright(folder) {
  const reports = freshFolder('test-results', 'playwright');
  const env = { PLAYWRIGHT_JUNIT_OUTPUT_NAME: join(reports, 'report.xml') };
  const program = inRoot('node_modules/.bin/playwright');
  const status = await runStatus(program, ['test', '--reporter=list,junit'], { cwd: folder, env });
  return sumReports(reports, status);
}

/** A script of ours that ends with the line "N passed, N failed, N skipped" and writes nothing else of that form. */
export async function countingScript(script) {
  const { status, output } = await runShown(process.execPath, [script]);
  const line = [...output.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1) ?? [];
  const [passed = 0, failed = 0, skipped = 0] = line.slice(1).map(Number);
  return checked({ passed, failed, skipped }, status, script);
}
