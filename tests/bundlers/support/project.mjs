// A project that uses the packed package: installed in a folder of its own, built, served and opened in a browser.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import sirv from 'sirv';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const chromiumPath = process.env.OCTAVO_CHROMIUM ?? '/usr/bin/chromium';

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

/** Headers of a page that may have threads. */
export const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Serves a folder while `use` runs, which is given its address. */
export async function serve(folder, use, headers = isolated) {
  const files = sirv(folder, { dev: true, setHeaders: (response) => setHeaders(response, headers) });
  const server = createServer((request, response) => {
    setHeaders(response, headers);
    files(request, response, () => response.writeHead(404).end());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${server.address().port}/`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function setHeaders(response, headers) {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

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

export const page = (script) => `<!doctype html><link rel="icon" href="data:,"><title>app</title>${script}`;

const firefoxPath = process.env.OCTAVO_FIREFOX ?? '/usr/bin/firefox-esr';

export const whyNoFirefox = existsSync(firefoxPath)
  ? false
  : `there is no ${firefoxPath}; OCTAVO_FIREFOX may name another`;

/** Browsers, each with `newPage` and `close`. */
const browsers = {
  chromium: () =>
    chromium.launch({
      executablePath: chromiumPath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    }),
  firefox: () => puppeteer.launch({ browser: 'firefox', executablePath: firefoxPath }),
};

/** Opens the page and gives what it reports, which must come without an error on the console but those that `allow` allows. */
export async function reportOf(url, { allow = () => false, browser: name = 'chromium' } = {}) {
  const browser = await browsers[name]();
  try {
    const opened = await browser.newPage();
    const errors = [];
    opened.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    opened.on('pageerror', (error) => errors.push(error.message));
    await opened.goto(url);
    const title = await titleOf(opened);
    if (!title) assert.fail(`the page reports nothing: ${errors.join('\n')}`);
    assert.deepEqual(
      errors.filter((error) => !allow(error)),
      [],
    );
    return JSON.parse(title);
  } finally {
    await browser.close();
  }
}

/** The report, or undefined where none comes within a minute. */
async function titleOf(opened) {
  for (let tries = 0; tries < 600; ++tries) {
    const title = await opened.title();
    if (title.startsWith('{')) return title;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return undefined;
}

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
