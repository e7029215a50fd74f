// octavo advise and octavo evaluate, as a person runs them.
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readNpy, writeNpy } from 'octavo/node';
import { commandLine } from './support/command_line.mjs';
import { digits, modelFile } from './support/networks.mjs';

let folder;
const { octavo, failsWith, misused } = commandLine(() => folder);
const model = modelFile('mnist.onnx');
const measured = ['--data', 'digits.npy', '--labels', 'labels.json'];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octavo-advise-'));
  await writeNpy(join(folder, 'digits.npy'), await digits('mnist-test-images.npy', 0, 24));
  await writeNpy(join(folder, 'others.npy'), await digits('mnist-test-images.npy', 50, 16));
  const { data } = await readNpy(modelFile('mnist-test-labels.npy'));
  await writeFile(join(folder, 'labels.json'), JSON.stringify(Array.from(data.subarray(0, 24), Number)));
});
after(() => rm(folder, { recursive: true }));

test('a table of all methods, the advice, and the model', async () => {
  const { code, stdout, stderr } = await octavo(
    ...['advise', model, ...measured, '--calibration', 'others.npy', '-o', 'advised.onnx'],
  );
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^ {2}method +file +memory +median +best +speed +SQNR +same top-1 +score +front +fits$/m,
  );
  assert.match(stdout, /^[ *] float +/m);
  assert.match(stdout, /^[ *] static +/m);
  assert.match(stdout, /24 samples; convolutional network/);
  assert.equal(stderr, '');
  assert.ok((await stat(join(folder, 'advised.onnx'))).size > 1000);
  const again = await octavo('advise', model, ...measured, '-o', 'advised.onnx');
  assert.equal(again.code, 2);
  assert.match(again.stderr, /exists already; --force/);
});

test('as a document', async () => {
  const { code, stdout } = await octavo('advise', model, ...measured, '--json', '--target', 'accuracy');
  assert.equal(code, 0);
  const report = JSON.parse(stdout);
  assert.equal(report.methods[0].name, 'float');
  assert.ok(report.methods[report.recommended]);
  assert.deepEqual(
    report.skipped.map(({ name }) => name),
    ['static'],
  );
  assert.equal(report.methods.filter(({ score }) => score.samples === 24).length, report.methods.length);
  assert.ok(report.engine.build);
});

test('how often a model is right', async () => {
  const { stdout } = await octavo('evaluate', model, ...measured);
  assert.match(stdout, /^\d+\.\d\d % of 24 samples \(95 %: \d+\.\d\d % to 100\.00 %\)$/m);
  const { score, interval } = JSON.parse((await octavo('evaluate', model, ...measured, '--json')).stdout);
  assert.ok(interval[0] < score && score <= interval[1]);
  const five = JSON.parse((await octavo('evaluate', model, ...measured, '--json', '--top-k', '10')).stdout);
  assert.equal(five.score, 1);
});

test('what is wrong is said', async () => {
  await misused(/--data/, 'advise', model);
  await misused(/--labels/, 'evaluate', model, '--data', 'digits.npy');
  await misused(/balance, speed, size, accuracy/, 'advise', model, ...measured, '--target', 'best');
  await misused(/standard output/, 'advise', model, ...measured, '--json', '-o', '-');
  await misused(/24 labels for 16/, 'advise', model, '--data', 'others.npy', '--labels', 'labels.json');
  await failsWith(/nothing\.npy/, 'advise', model, '--data', 'nothing.npy');
});
