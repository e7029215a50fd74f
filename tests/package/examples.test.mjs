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

test('spelling-to-sound says words, and counts the errors of both networks', async () => {
  const output = await example('spelling-to-sound', 'Cat', 'through');
  assert.match(output, /│ Cat +│ K AE1 T +│ K AE1 T +│/);
  assert.match(output, /│ through +│ TH R UW1 +│ TH R UW1 +│/);
  assert.match(output, /│ float │ 3\.34 MB │ [\d.]+ ms +│ 9\.7 % +│/);
  assert.match(output, /│ int8 +│ 0\.9\d MB │ [\d.]+ ms +│ 9\.\d % +│/);
});

/** An example that fetches its network; skipped where it cannot, or where something else is not there. */
function fetching(name, args, check) {
  test(name, async (context) => {
    try {
      check(await example(name, ...args));
    } catch (error) {
      const [, missing] = /^(Cannot fetch .*|espeak-ng is not installed)/.exec(error.stderr ?? '') ?? [];
      if (missing === undefined) throw error;
      context.skip(missing);
    }
  });
}

fetching('read-text', [], (output) => {
  for (const text of ['Octavo Coffee House', '2 Espresso', '12.95', 'Thank you!'])
    assert.match(output, new RegExp(`│ ${text} +│ ${text} +│`));
  for (const network of ['detector', 'recognizer'])
    assert.match(
      output,
      new RegExp(`│ ${network} +│ [\\d.]+ MB +│ [\\d.]+ MB +│ [\\d.]+ ms +│ [\\d.]+ ms +│ 0\\.9`),
    );
});

fetching('voice-activity', [], (output) => {
  for (const name of ['float', 'int8'])
    assert.match(
      output,
      new RegExp(
        `│ ${name} +│ [\\d.]+ MB +│ [\\d.]+ ms +│ 0\\.\\d\\d–1\\.[78]\\d, 3\\.[23]\\d–4\\.[12]\\d, 5`,
      ),
    );
});

fetching('sentence-embeddings', ['Where do cats nap?'], (output) => {
  const [first, second] = [...output.matchAll(/│ (.+?) +│ (-?\d\.\d+) +│ (-?\d\.\d+) +│/g)];
  assert.deepEqual([first[1], second[1]].sort(), [
    'A kitten naps in the sun.',
    'The cat sleeps on the warm windowsill.',
  ]);
  assert.ok(Math.abs(first[2] - first[3]) < 0.03, `${first[2]}, int8 ${first[3]}`);
});
