// The examples run as they are.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { repository } from './support/package.mjs';

async function example(name, ...args) {
  const script = fileURLToPath(new URL(`examples/${name}.mjs`, repository));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, ...args]);
  assert.equal(stderr, '');
  return stdout;
}

test('quantize-resnet18 prints both outputs, sizes and times', async () => {
  const output = await example('quantize-resnet18');
  assert.match(output, /^float logits \[1,1000\]: -?\d/m);
  assert.match(output, /^int8 +logits \[1,1000\]: -?\d/m);
  assert.match(output, /^float +3\.35 MB, [\d.]+ ms/m);
  assert.match(output, /^quantized +2\.\d+ MB, [\d.]+ ms/m);
  assert.match(output, /cosine 0\.9999|cosine 1\.0/);
});

test('quantize-efficientnet prints its tables and writes the int8 file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'octavo-example-'));
  const file = join(folder, 'small.onnx');
  const output = await example('quantize-efficientnet', file);
  for (const label of ['giant panda', 'espresso', 'macaw'])
    assert.match(output, new RegExp(`│ ${label} [\\d.]+ %`));
  for (const row of ['float ', 'dynamic', 'static '])
    assert.match(output, new RegExp(`^│ ${row} +│ [\\d.]+ MB`, 'm'));
  const { size } = await stat(file);
  assert.ok(size > 4e6 && size < 0.27 * 18_834_779);
  await rm(folder, { recursive: true });
});
