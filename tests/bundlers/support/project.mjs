// A project that uses the packed package: installed in a folder of its own, what its page does, and what is to come of it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

export const run = (program, args, cwd, env = {}) =>
  promisify(execFile)(program, args, {
    cwd,
    env: { ...process.env, ...env },
    maxBuffer: 1 << 26,
    timeout: 240_000,
  }).catch((error) => {
    throw new Error(`${program} ${args.join(' ')}: ${error.stdout}\n${error.stderr}`);
  });

/** A program that the project has installed. */
export const runTool = (folder, name, ...args) => run(join(folder, 'node_modules/.bin', name), args, folder);

let packing;
const folders = [];

/** The tarball, packed once. */
function tarball() {
  packing ??= (async () => {
    const folder = await temporaryFolder();
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const { stdout } = await run('npm', pack, join(repository, 'web/package'));
    return join(folder, JSON.parse(stdout)[0].filename);
  })();
  return packing;
}

async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'octavo-bundlers-'));
  folders.push(folder);
  return folder;
}

export async function removeProjects() {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}

/** A folder with the files, the package and `packages` of npm in exact versions. */
export async function makeProject({ files = {}, packages = {}, manifest = {} }) {
  const folder = await temporaryFolder();
  const all = {
    'package.json': JSON.stringify({
      name: 'app',
      version: '1.0.0',
      private: true,
      type: 'module',
      ...manifest,
      dependencies: { octavo: `file:${await tarball()}`, ...packages },
    }),
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock'], folder);
  return folder;
}

export const modelFile = (name) => join(repository, 'models', name);
export const addModel = (folder) => cp(modelFile('mnist.onnx'), join(folder, 'mnist.onnx'));

/** What a page does: loads, quantizes, runs and writes; its report is the title. `octavo`: what is imported from. */
export const pageScript = (octavo, options = '{}') => `
import { Tensor, createEngine, loadModel } from ${JSON.stringify(octavo)};
const report = {};
try {
  const engine = await createEngine(${options});
  report.info = engine.info;
  const model = await loadModel(new URL('/mnist.onnx', location.href), { engine });
  const digits = new Tensor('float32', new Float32Array(784).fill(0.5), [1, 1, 28, 28]);
  const small = await model.quantizeStatic({ calibration: [digits] });
  report.float = [...(await model.run({ digits })).logits.data];
  report.int8 = [...(await small.run({ digits })).logits.data];
  report.file = [...(await small.toOnnx()).slice(0, 2)];
} catch (error) {
  report.error = error.name + ' ' + error.code + ': ' + error.message;
}
document.title = JSON.stringify(report);
`;

/** The page did all that it is to do, in a worker and with the threads there are unless `info` says otherwise. */
export function checkReport(report, info = {}) {
  assert.equal(report.error, undefined);
  assert.equal(report.float.length, 10);
  report.int8.forEach((value, i) =>
    assert.ok(Math.abs(value - report.float[i]) < 1, `${value} ${report.float[i]}`),
  );
  assert.deepEqual(report.file, [8, 10]);
  const expected = { worker: true, build: 'relaxed', ...info };
  for (const [name, value] of Object.entries(expected)) {
    if (value instanceof RegExp) assert.match(String(report.info[name]), value);
    else
      assert.equal(report.info[name], value, `${name}: ${report.info.workerWhy}; ${report.info.threadsWhy}`);
  }
}
