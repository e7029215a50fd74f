// The JavaScript engines that jobs run in, by name.
import { readFileSync } from 'node:fs';
import { startChromium } from './chromium.mjs';
import { startNode } from './node.mjs';

export const engineNames = ['node', 'chromium', 'chromium-no-vnni'];

const cpuInfo = () => {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
};

/** Why an engine is not worth measuring here; undefined if it is. */
export function reasonToSkip(engine) {
  const info = cpuInfo();
  if (engine === 'chromium-no-vnni' && info && !/\bavx_vnni\b/.test(info))
    return 'this CPU has no AVX-VNNI, so it would be the same as chromium';
  return undefined;
}

const starters = {
  node: startNode,
  chromium: startChromium,
  'chromium-no-vnni': (options) => startChromium({ ...options, jsFlags: '--no-enable-avx-vnni' }),
};

/** Starts one: {version, run(job, say), close()}. `origin` is where the page is served. */
export const startEngine = (engine, origin) => starters[engine]({ engine, origin });
