// The Python of the scripts of this folder: an environment in build/accuracy/venv with what requirements.txt names.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { step } from '../lib/log.mjs';
import { inRoot } from '../lib/paths.mjs';
import { Problem, capture, findProgram, run } from '../lib/run.mjs';
import { contentHash, isStamped, writeStamp } from '../lib/stamp.mjs';

const requirements = inRoot('tools/accuracy/requirements.txt');
const environment = inRoot('build/accuracy/venv');
const stampFile = inRoot('build/stamps/accuracy-venv');

/** The path of a Python that has all that the scripts import; makes the environment where none is given. */
export async function ensurePython(given) {
  const python = given ?? (await ownPython());
  const missing = capture(python, ['-c', missingPackages(), requirements]);
  if (missing === undefined) throw new Problem(`${python} is no Python 3.11 or newer that could be started`);
  if (missing !== '') {
    throw new Problem(
      `${python} lacks ${missing.split('\n').join(', ')}: ` +
        (given
          ? `"${given} -m pip install -r ${requirements}" installs them`
          : `delete ${environment} to have it made anew`),
    );
  }
  return python;
}

async function ownPython() {
  const python = `${environment}/bin/python`;
  const wanted = contentHash([requirements]);
  if (isStamped(stampFile, wanted) && existsSync(python)) return python;
  const base = ['python3.11', 'python3.12', 'python3.13', 'python3'].find((name) => findProgram(name));
  if (!base) throw new Problem('there is no python3 on PATH: install Python 3.11, or name one with --python');
  await step('an environment for Python (5 GB: PyTorch)', async () => {
    mkdirSync(inRoot('build/accuracy'), { recursive: true });
    await run(base, ['-m', 'venv', environment]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  });
  writeStamp(stampFile, wanted);
  return python;
}

/** A program that prints the requirements that are not installed in their versions, a line each. */
function missingPackages() {
  return `
import sys
from importlib import metadata
assert sys.version_info >= (3, 11)
for line in open(sys.argv[1]):
    name, _, version = line.split("#")[0].strip().partition("==")
    try:
        if name and metadata.version(name).split("+")[0] != version: print(f"{name} {version}")
    except metadata.PackageNotFoundError: print(f"{name} {version}")
`;
}

/** Runs one of the scripts of this folder, on one thread. */
export const runScript = (python, script, ...args) =>
  run(python, [inRoot('tools/accuracy', script), ...args], { env: { OMP_NUM_THREADS: '1' } });

/** The networks' names, in the order of networks.py, without starting Python. */
export function networkNames() {
  const text = readFileSync(inRoot('tools/accuracy/networks.py'), 'utf8');
  return [...text.matchAll(/^ {4}"([\w-]+)": "\w+",$/gm)].map(([, name]) => name);
}
