// Debian: the system's own packages, and packages of a newer release unpacked into the user's cache.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { say, step } from '../lib/log.mjs';
import { Problem, capture, findProgram, run } from '../lib/run.mjs';

const isRoot = () => process.getuid?.() === 0;

/** True on Debian itself, whose mirror has every release; not on its derivatives. */
export function isDebian() {
  if (!existsSync('/etc/os-release') || !findProgram('apt-get')) return false;
  return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/** Installs packages of the system's own release. Throws a Problem with the command to run where that takes a password. */
export async function installSystemPackages(packages) {
  const command = `apt-get update && apt-get install --no-install-recommends ${packages.join(' ')}`;
  const withSudo = !isRoot();
  if (withSudo && capture('sudo', ['-n', 'true']) === undefined) {
    throw new Problem(
      `These packages are missing, and installing them takes root. Please run\n\n  sudo sh -c '${command}'\n`,
    );
  }
  const aptGet = (args) => {
    const words = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args];
    return run(withSudo ? 'sudo' : words[0], withSudo ? words : words.slice(1), { quiet: true });
  };
  say(`installing Debian packages: ${packages.join(' ')}`);
  await step('apt-get update', () => aptGet(['update']));
  await step(`apt-get install (${packages.length} packages)`, () =>
    aptGet(['install', '-y', '--no-install-recommends', ...packages]),
  );
}

/** The address of the mirror that this system's own main archive comes from. */
function mirror() {
  const lines = capture('apt-get', [
    'indextargets',
    '--format',
    '$(ORIGIN)|$(LABEL)|$(REPO_URI)',
    'Created-By: Packages',
  ]);
  const own = (lines ?? '').split('\n').find((line) => line.startsWith('Debian|Debian|'));
  const site = own?.split('|')[2] ?? configuredMirror();
  if (!site) throw new Problem('apt has no Debian archive configured: see /etc/apt/sources.list.d.');
  return site;
}

/** The first archive in apt's configuration, for a system on which `apt-get update` has never run. */
function configuredMirror() {
  const files = ['/etc/apt/sources.list'].concat(
    readdirSync('/etc/apt/sources.list.d').map((name) => join('/etc/apt/sources.list.d', name)),
  );
  for (const file of files.filter((name) => existsSync(name) && /\.(list|sources)$/.test(name))) {
    const match = /^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+\/debian\/?)(?:\s|$)/m.exec(
      readFileSync(file, 'utf8'),
    );
    if (match) return match[1];
  }
  return undefined;
}

/**
 * Downloads packages of another Debian release without touching the system's: apt runs with a source list, list folder
 * and cache of its own. Gives access to the downloaded files, until the caller removes them.
 */
export async function downloadFromRelease(release, { packages = [], sources = [] }) {
  const folder = mkdtempSync(join(tmpdir(), 'octavo-apt-'));
  const inFolder = (name) => join(folder, name);
  for (const name of ['lists/partial', 'cache/archives/partial', 'files'])
    mkdirSync(inFolder(name), { recursive: true });
  writeFileSync(
    inFolder('octavo.sources'),
    `Types: deb deb-src\nURIs: ${mirror()}\nSuites: ${release}\nComponents: main\nTargets: Packages Sources\n` +
      'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n',
  );
  const settings = {
    'Dir::Etc::sourcelist': inFolder('octavo.sources'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': inFolder('lists'),
    'Dir::Cache': inFolder('cache'),
    ...(isRoot() ? { 'APT::Sandbox::User': 'root' } : {}),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const aptGet = (...args) =>
    run('apt-get', ['-q', ...options, ...args], { cwd: inFolder('files'), quiet: true });
  try {
    await step(`reading the package lists of Debian ${release}`, () => aptGet('update'));
    if (packages.length > 0) {
      await step(`downloading ${packages.join(', ')} of Debian ${release}`, () =>
        aptGet('download', ...packages),
      );
    }
    if (sources.length > 0) {
      await step(`downloading the source of ${sources.join(', ')}`, () =>
        aptGet('source', '--download-only', ...sources),
      );
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  rmSync(inFolder('lists'), { recursive: true });
  const find = (what, test) => {
    const name = readdirSync(inFolder('files')).find(test);
    if (!name) throw new Problem(`apt-get downloaded no ${what} from Debian ${release}`);
    return inFolder(join('files', name));
  };
  return {
    deb: (name) => find(name, (file) => file.startsWith(`${name}_`) && file.endsWith('.deb')),
    sourceArchive: (name) =>
      find(`source of ${name}`, (file) => file.startsWith(`${name}_`) && file.includes('.orig.tar')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Unpacks the files of a .deb under `target`, but for those that match one of the tar patterns. */
export async function unpackDeb(deb, target, excluded = []) {
  mkdirSync(target, { recursive: true });
  const patterns = excluded.map((pattern) => `--exclude='${pattern}'`).join(' ');
  await run('sh', ['-c', `dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" ${patterns}`, 'sh', deb, target], {
    quiet: true,
  });
}
