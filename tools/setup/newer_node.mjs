// A newer Node, from its npm package, in the user's cache: relaxed SIMD is on by default there. For tests and benchmarks.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { step } from '../lib/log.mjs';
import { cacheFolder } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';

const version = '24.21.0';
const installation = join(cacheFolder, `node-${version}`);

/** The path of a Node with relaxed SIMD: this one if it is new enough, or undefined where npm has none for the platform. */
export async function ensureNewerNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const platform = `${process.platform}-${process.arch}`;
  if (!['linux-x64', 'linux-arm64', 'darwin-arm64'].includes(platform)) return undefined;
  const packageName = `node-${platform === 'darwin-arm64' ? 'bin-darwin-arm64' : platform}`;
  const program = join(installation, 'node_modules', packageName, 'bin/node');
  if (!existsSync(program)) {
    mkdirSync(installation, { recursive: true });
    const words = [
      'install',
      '--prefix',
      installation,
      '--no-save',
      '--no-audit',
      '--no-fund',
      `${packageName}@${version}`,
    ];
    await step(`installing Node ${version} from npm`, () =>
      run('npm', words, { cwd: installation, quiet: true }),
    );
  }
  return program;
}
