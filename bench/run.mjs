// npm run bench: see --help. Sets up and builds what it needs first.
import { buildEngine, buildPreset, buildWeb } from '../tools/build.mjs';
import { main } from '../tools/lib/run.mjs';
import { setUp } from '../tools/setup.mjs';

await main(async () => {
  if (!['--help', '-h', '--no-build', '--report'].some((option) => process.argv.includes(option))) {
    await setUp();
    await buildEngine();
    await buildWeb();
    await buildPreset('wasm', ['octavo_kernels_bench', 'octavo_kernels_bench_relaxed']);
  }
  // Needs what set-up installs.
  const { parseOptions } = await import('./options.mjs');
  const options = parseOptions(process.argv.slice(2));
  if (options.report) {
    const { writePage } = await import('./report/page.mjs');
    for (const file of await writePage(options.report)) console.log(file);
    return;
  }
  const { bench } = await import('./main.mjs');
  process.exitCode = await bench(options);
});
