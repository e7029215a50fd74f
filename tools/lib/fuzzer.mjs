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
import { Problem } from './run.mjs';
import { filesUnder } from './stamp.mjs';

const program = inRoot('build/asan/octavo_fuzz');
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

/** Runs each file once; gives those that end the program. A crash ends it at its file, and it goes on with the next. */
export async function replay(files) {
  const broken = [];
  for (let rest = files; rest.length > 0;) {
    const { status, output } = await fuzzer([...limits(60), ...rest]);
    if (status === 0) break;
    const executed = [...output.matchAll(/^Executed .* in \d+ ms$/gm)].length;
    broken.push({ file: rest[executed], output });
    rest = rest.slice(executed + 1);
  }
  return broken;
}

export const knownFiles = () => [...filesUnder(seedFolder), ...filesUnder(findingsFolder)];

/**
 * Searches: with `jobs` processes until the time is over, or, with `runs`, in one that tries as many mutants, the same
 * for the same program and seed. `keep` starts from the corpus of the last such search. Gives the files that break
 * something, and libFuzzer's closing line.
 */
export async function search({ minutes, runs, jobs, seed, keep }) {
  const folder = join(workFolder, keep ? 'long' : 'tests');
  const corpus = join(folder, 'corpus');
  const artifacts = join(folder, 'artifacts');
  rmSync(artifacts, { recursive: true, force: true });
  if (!keep) rmSync(corpus, { recursive: true, force: true });
  for (const path of [corpus, artifacts]) mkdirSync(path, { recursive: true });
  const forever = [
    `-max_total_time=${Math.round(minutes * 60)}`,
    `-fork=${jobs}`,
    '-ignore_crashes=1',
    '-ignore_timeouts=1',
    '-ignore_ooms=1',
  ];
  const { output, status } = await fuzzer(
    [
      ...limits(10),
      '-max_len=32768',
      `-artifact_prefix=${artifacts}/`,
      ...(seed === undefined ? [] : [`-seed=${seed}`]),
      ...(runs ? [`-runs=${runs}`] : forever),
      ...[corpus, seedFolder, findingsFolder],
    ],
    { logFile: join(folder, 'log') },
  );
  const lastLine = output.match(/^#\d+.*cov: .*$/gm)?.at(-1) ?? 'no run was made';
  const files = readdirSync(artifacts);
  if (runs && status !== 0 && files.length === 0)
    throw new Problem(`octavo_fuzz ended with ${status} and no finding:\n${output.slice(-2000)}`);
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
