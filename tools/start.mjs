// npm start: sets up, builds, quantizes EfficientNet-Lite0 and prints how float and int8 compare, then serves the demo
// page. npm start -- --once: ends after the table.
import { parseArgs } from 'node:util';
import { printTimings, say, step } from './lib/log.mjs';
import { inRoot } from './lib/paths.mjs';
import { Problem, main, run } from './lib/run.mjs';
import { buildEngine, buildWeb } from './build.mjs';
import { setUp } from './setup.mjs';

const mainJob = inRoot('examples/quantize-efficientnet.mjs');

function options() {
  try {
    return parseArgs({ options: { once: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    throw new Problem(`npm start: ${error.message}. The only option is --once.`);
  }
}

await main(async () => {
  const { once } = options();
  await setUp();
  await buildEngine();
  await buildWeb();
  await step('quantizing EfficientNet-Lite0', () => run(process.execPath, [mainJob]));
  printTimings();
  if (once) return;
  say('serving the demo page; Ctrl-C ends it');
  await run('npm', ['run', '--silent', 'serve', '--workspace', 'web/demo']);
});
