// What the programs that measure accuracy with the built package begin with.
import { parseArgs } from 'node:util';
import { buildEngine, buildWeb } from '../build.mjs';
import { setUp } from '../setup.mjs';

/** What they may be asked, of which each takes some. */
const options = {
  only: { type: 'string', default: '' },
  seeds: { type: 'string', default: '3' },
  threads: { type: 'string', default: '2' },
  python: { type: 'string' },
};

/**
 * Builds the package, unless the command line has --no-build, and lets Node.js have relaxed SIMD.
 * @param {(keyof typeof options)[]} names of the options that the program takes
 * @returns their values
 */
export async function start(...names) {
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(names.map((name) => [name, options[name]])),
      'no-build': { type: 'boolean', default: false },
    },
  });
  if (!values['no-build']) {
    await setUp();
    await buildEngine();
    await buildWeb();
  }
  const { enableRelaxedSimd } = await import('octavo/node');
  enableRelaxedSimd();
  return values;
}
