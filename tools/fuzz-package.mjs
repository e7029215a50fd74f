// node tools/fuzz-package.mjs [--mutants N] [--seed S] [--build simd] [--findings FOLDER] [--soak]
// Mutants of the models in models/ and of random small ones, through the package in one engine, beside a network whose
// answers must stay the same bits. Anything but a typed error, and whatever takes more than ten seconds, is a finding: its
// file is kept. With --soak: 100,000 failures of each kind, 10,000 loads, 100,000 runs; heap and stack must stay flat.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz } from '../tests/package/support/fuzz.mjs';
import { soak } from '../tests/package/support/soak.mjs';
import { inRoot } from './lib/paths.mjs';

const { values } = parseArgs({
  options: {
    mutants: { type: 'string', default: '50000' },
    seed: { type: 'string', default: '1' },
    build: { type: 'string', default: 'simd' },
    findings: { type: 'string', default: inRoot('build/findings') },
    soak: { type: 'boolean', default: false },
  },
});

if (values.soak) {
  await soak({ build: values.build, failures: 100_000, loads: 10_000, runs: 100_000, report: console.log });
} else {
  let found = 0;
  const keep = (bytes, name, reason) => {
    ++found;
    mkdirSync(values.findings, { recursive: true });
    const file = join(values.findings, `${name}.onnx`);
    writeFileSync(file, bytes);
    console.log(`${file}: ${reason}`);
  };
  const counts = await fuzz({
    build: values.build,
    mutants: Number(values.mutants),
    seed: Number(values.seed),
    keep,
    report: console.log,
  });
  console.log(JSON.stringify(counts));
  console.log(`${values.mutants} mutants, ${found} findings`);
  process.exitCode = found > 0 ? 1 : 0;
}
process.exit();
