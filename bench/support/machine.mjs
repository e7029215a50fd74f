// What was measured where, in words for a report.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, type } from 'node:os';
import { inRoot } from './paths.mjs';

/** CPU flags as Linux names them; empty elsewhere. */
export const cpuFlags = () => {
  try {
    return (
      readFileSync('/proc/cpuinfo', 'utf8')
        .match(/^flags\s*:(.*)$/m)?.[1]
        .trim()
        .split(' ') ?? []
    );
  } catch {
    return [];
  }
};

/** Whether the CPU has AVX-VNNI; null where that is unknown. */
export function hasAvxVnni() {
  const flags = cpuFlags();
  return flags.length > 0 ? flags.includes('avx_vnni') : null;
}

/** {cpu, cores, system, load, avxVnni}; `load` is how many tasks ran in the last minute, 0 on Windows. */
export const machine = () => ({
  cpu: `${cpus()[0].model.trim()} (${process.arch})`,
  cores: availableParallelism(),
  system: type(),
  load: Number(loadavg()[0].toFixed(1)),
  avxVnni: hasAvxVnni(),
});

const folders = {
  octavo: 'web/package',
  'onnxruntime-web': 'node_modules/onnxruntime-web',
  litert: 'node_modules/@litertjs/core',
  tfjs: 'node_modules/@tensorflow/tfjs-backend-wasm',
  'jax-js': 'node_modules/@jax-js/jax',
};

function commit() {
  try {
    const git = (...args) => execFileSync('git', args, { cwd: inRoot(), encoding: 'utf8' }).trim();
    return ` at ${git('rev-parse', '--short=9', 'HEAD')}`;
  } catch {
    return '';
  }
}

/** The version of a runtime, Octavo's with its commit; undefined where it is none of the workspace's. */
export function versionOf(runtime) {
  if (!folders[runtime]) return undefined;
  const { version } = JSON.parse(readFileSync(inRoot(folders[runtime], 'package.json'), 'utf8'));
  return runtime === 'octavo' ? version + commit() : version;
}
