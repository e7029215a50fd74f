// npm run format: rewrites every source file in the project's layout.
import { clangFormat, prettier } from './lib/formatters.mjs';
import { main } from './lib/run.mjs';
import { setUp } from './setup.mjs';

await main(async () => {
  await setUp();
  return Math.max(await clangFormat(['-i']), await prettier(['--write']));
});
