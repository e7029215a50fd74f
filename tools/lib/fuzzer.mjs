// libFuzzer's program, octavo_fuzz: replays files, searches for new ones that break something, and names what it found.
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { inRoot, root } from './paths.mjs';
import { run } from './run.mjs';
import { filesUnder } from './stamp.mjs';

const [program, mutantsProgram] = ['octavo_fuzz', 'octavo_mutants'].map((name) => inRoot('build/asan', name));
const workFolder = inRoot('build/fuzzing');
export const findingsFolder = inRoot('tests/fuzz/findings');
const seedFolder = inRoot('tests/fuzz/corpus');

const sanitizerOptions = {
  // Larger blocks are refused, as in an engine whose memory is exhausted.
  ASAN_OPTIONS: 'allocator_may_return_null=1:max_allocation_size_mb=64',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};
const limits = (seconds) => [`-timeout=${seconds}`, '-rss_limit_mb=2048'];

/** Runs octavo_fuzz with its output into `logFile`, if any; gives exit code and output. */
function fuzzer(args, { logFile } = {}) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...sanitizerOptions };
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] });
    const log = logFile && createWriteStream(logFile);
    let output = '';
    child.stderr.on('data', (data) => {
      output = (output + data).slice(-1_000_000);
      log?.write(data);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ status: code ?? 1, output }));
  });
}

const atOnce = 1000;

/** Runs each file once; gives those that end the program. A crash ends it at its file, and it goes on with the next. */
export async function replay(files) {
  const broken = [];
  for (let rest = files; rest.length > 0;) {
    const now = rest.slice(0, atOnce);
    const { status, output } = await fuzzer([...limits(60), ...now]);
    const executed = status === 0 ? now.length : [...output.matchAll(/^Executed .* in \d+ ms$/gm)].length;
    if (status !== 0) broken.push({ file: now[executed], output });
    rest = rest.slice(executed + 1 - Number(status === 0));
  }
  return broken;
}

export const knownFiles = () => [...filesUnder(seedFolder), ...filesUnder(findingsFolder)];

/** Writes so many mutants of all known files, the same on every machine; gives their paths. */
export async function writeMutants(count) {
  const folder = join(workFolder, 'mutants');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await run(mutantsProgram, [folder, String(count)]);
  return Array.from({ length: count }, (_, i) => join(folder, `${i}.onnx`));
}

/**
 * Searches with `jobs` processes until the time is over, from the corpus of the last search on. Gives the files that
 * break something, and libFuzzer's closing line.
 */
export async function search({ minutes, jobs, seed }) {
  const folder = join(workFolder, 'long');
  const corpus = join(folder, 'corpus');
  const artifacts = join(folder, 'artifacts');
  rmSync(artifacts, { recursive: true, force: true });
  for (const path of [corpus, artifacts]) mkdirSync(path, { recursive: true });
  const { output } = await fuzzer(
    [
      ...limits(10),
      '-max_len=32768',
      `-artifact_prefix=${artifacts}/`,
      ...(seed === undefined ? [] : [`-seed=${seed}`]),
      `-max_total_time=${Math.round(minutes * 60)}`,
      `-fork=${jobs}`,
      ...['-ignore_crashes=1', '-ignore_timeouts=1', '-ignore_ooms=1'],
      ...[corpus, seedFolder, findingsFolder],
    ],
    { logFile: join(folder, 'log') },
  );
  const lastLine = output.match(/^#\d+.*cov: .*$/gm)?.at(-1) ?? 'no run was made';
  const files = readdirSync(artifacts);
  return { files: files.map((name) => join(artifacts, name)), lastLine };
}

/** What kind of finding it is, from what the sanitizers print: the mistake, and the source file of Octavo's. */
export function kindOf(output) {
  const promise = /^broken promise: ([^:\n]*)/m.exec(output)?.[1];
  if (promise) return slug(`promise ${promise}`);
  const mistake =
    /ERROR: (?:AddressSanitizer|libFuzzer|LeakSanitizer): ([\w-]+)/.exec(output)?.[1] ??
    /runtime error: ([a-z -]+)/.exec(output)?.[1] ??
    'end';
  const thrown = /terminate called after throwing an instance of '(.*)'/.exec(output)?.[1] ?? '';
  const place = /^ +#\d+ .*\/src\/[\w/]*?(\w+)\.(?:cc|h):\d+/m.exec(output)?.[1] ?? '';
  return slug(`${thrown || mistake} ${place}`);
}

const slug = (text) =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 80);

/** Makes a finding smaller, as long as it is of the same kind. Gives the file of the smallest. */
async function minimise(file, kind) {
  const smaller = `${file}.small`;
  await fuzzer([
    '-minimize_crash=1',
    '-max_total_time=20',
    ...limits(10),
    `-exact_artifact_path=${smaller}`,
    file,
  ]);
  if (!existsSync(smaller)) return file;
  const [broken] = await replay([smaller]);
  return broken && kindOf(broken.output) === kind ? smaller : file;
}

/** Puts one finding of each kind into tests/fuzz/findings; gives their paths. */
export async function keepFindings(files) {
  const kept = new Map();
  for (const file of files) {
    const [broken] = await replay([file]);
    // Slow once and not again: another program had the processor.
    if (!broken) continue;
    const kind = kindOf(broken.output);
    if (kept.has(kind)) continue;
    const smallest = await minimise(file, kind);
    const hash = createHash('sha256').update(readFileSync(smallest)).digest('hex').slice(0, 8);
    const path = join(findingsFolder, `${kind}-${hash}.onnx`);
    copyFileSync(smallest, path);
    kept.set(kind, path);
  }
  return [...kept.values()];
}
