// The JavaScript engines that jobs run in, by name.
import { hasAvxVnni } from '../support/machine.mjs';
import { startChromium } from './chromium.mjs';
import { startFirefox, whyNoFirefox } from './firefox.mjs';
import { startNode } from './node.mjs';
import { startWebkit, whyNoWebkit } from './webkit.mjs';

export const engineNames = ['node', 'chromium', 'chromium-no-vnni', 'firefox', 'webkit'];

/** Why an engine is not worth measuring here; undefined if it is. */
export function reasonToSkip(engine) {
  if (engine === 'chromium-no-vnni' && hasAvxVnni() === false)
    return 'this CPU has no AVX-VNNI, so it would be the same as chromium';
  if (engine === 'firefox') return whyNoFirefox();
  if (engine === 'webkit') return whyNoWebkit();
  return undefined;
}

const starters = {
  node: startNode,
  chromium: startChromium,
  'chromium-no-vnni': (options) => startChromium({ ...options, jsFlags: '--no-enable-avx-vnni' }),
  firefox: startFirefox,
  webkit: startWebkit,
};

/** Starts one: {version, run(job, say), close()}. `origin` is where the page is served. */
export const startEngine = (engine, origin) => starters[engine]({ engine, origin });
