// Mutants through the package, in short; `node tools/fuzz-package.mjs` goes on for as long as one likes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from './support/fuzz.mjs';
import { mutate } from './support/mutate.mjs';
import { modelBytes } from './support/networks.mjs';
import { decodeOnnx, encodeOnnx } from './support/onnx_tree.mjs';
import { randomFrom } from './support/random.mjs';
import { smallModel } from './support/small_models.mjs';

test('a file is the same after it was taken apart and put together', async () => {
  const random = randomFrom(3);
  for (const bytes of [
    await modelBytes('mnist.onnx'),
    ...Array.from({ length: 20 }, () => smallModel(random)),
  ])
    assert.ok(Buffer.from(encodeOnnx(decodeOnnx(bytes))).equals(Buffer.from(bytes)));
});

test('mutants are the same in every run, and few are what they were', () => {
  const made = (seed) => {
    const random = randomFrom(seed);
    const file = smallModel(random);
    return Array.from({ length: 100 }, () => Buffer.from(mutate(file, random)).toString('base64'));
  };
  assert.deepEqual(made(1), made(1));
  assert.ok(new Set(made(1)).size > 80);
});

test('no mutant ends the engine, changes what another model says, or takes long', async () => {
  const findings = [];
  const keep = (bytes, name, reason) => findings.push(`${name}: ${reason}`);
  const counts = await fuzz({ build: 'simd', mutants: 1500, seed: 1, keep });
  assert.deepEqual(findings, []);
  // Enough of them come to the end for this to mean something, and enough do not.
  assert.ok(counts.load > 500 && counts.load < 1400, JSON.stringify(counts));
  for (const step of ['run', 'run dynamic again', 'run static again', 'load again'])
    assert.ok(counts[step] > 200, `${step}: ${counts[step]}`);
});
