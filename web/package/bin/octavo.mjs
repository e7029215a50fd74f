#!/usr/bin/env node
// The command line. This file is no build output: npm links commands when it installs, which comes before a build.
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('octavo: the package is not built yet; run npm start first');
  process.exitCode = 1;
}
