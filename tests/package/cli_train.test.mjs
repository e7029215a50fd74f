// octavo train, as a person runs it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Tensor, loadModel } from 'octavo';
import { readNpy, writeNpy } from 'octavo/node';
import { commandLine } from './support/command_line.mjs';
import { digits, modelFile } from './support/networks.mjs';
import { normalizedNetwork } from './support/normalized_network.mjs';
import { packageRoot } from './support/package.mjs';

let folder;
const { octavo, failsWith, misused } = commandLine(() => folder);
const model = modelFile('mnist.onnx');

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octavo-train-'));
  await writeNpy(join(folder, 'digits.npy'), await digits('mnist-test-images.npy', 0, 48));
  const { data } = await readNpy(modelFile('mnist-test-labels.npy'));
  const labels = Array.from(data.subarray(0, 48), Number);
  await writeFile(join(folder, 'labels.json'), JSON.stringify(labels));
  await writeFile(join(folder, 'labels.txt'), `${labels.join('\n')}\n`);
});
after(() => rm(folder, { recursive: true }));

const lines = (text) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const few = ['--weights-bits', '4', '--activations-bits', '4', '--batch-size', '16'];

test('the float model is the teacher, and each step is a line', async () => {
  const options = [...few, '--epochs', '2', '--validation', 'digits.npy', '--json', '-o', 'a.onnx'];
  const { code, stdout, stderr } = await octavo('train', model, '--data', 'digits.npy', ...options);
  assert.equal(code, 0, stderr);
  const told = lines(stdout);
  const report = told.pop();
  assert.deepEqual(
    told.map(({ step, steps }) => [step, steps]),
    [1, 2, 3, 4, 5, 6].map((step) => [step, 6]),
  );
  assert.equal(told[2].validation.samples, 48);
  assert.equal(report.file, 'a.onnx');
  assert.equal(report.bytes, (await stat(join(folder, 'a.onnx'))).size);
  assert.deepEqual(report.validation, told[5].validation);
  const trained = await loadModel(new Uint8Array(await readFile(join(folder, 'a.onnx'))));
  assert.equal(trained.describe().quantization.scheme, 'static');
  trained.dispose();
});

test('with labels, a training that is kept goes on to the same file', async () => {
  const common = ['train', model, '--data', 'digits.npy', '--labels', 'labels.json', '--quiet'];
  const whole = await octavo(
    ...common,
    ...few,
    '--epochs',
    '2',
    '-o',
    'whole.onnx',
    '--save',
    'whole.training',
  );
  assert.deepEqual(whole, { code: 0, stdout: '', stderr: '' });
  // Interrupted once it has written the training of the first epoch.
  const program = fileURLToPath(new URL('bin/octavo.mjs', packageRoot));
  const args = [...common, ...few, '--epochs', '2', '-o', 'half.onnx', '--save', 'half.training', '--json'];
  const child = spawn(process.execPath, [program, ...args.filter((arg) => arg !== '--quiet')], {
    cwd: folder,
  });
  let shown = '';
  let failed = '';
  child.stdout.on('data', (text) => {
    shown += text;
    if (shown.includes('"step":2') && !child.killed) child.kill('SIGINT');
  });
  child.stderr.on('data', (text) => (failed += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(code, 1, `${shown} ${failed}`);
  assert.match(failed, /interrupted after step \d of 6; with --resume half\.training it goes on/);
  const resumed = await octavo(
    ...common,
    '--batch-size',
    '16',
    '--epochs',
    '2',
    '-o',
    'half.onnx',
    '--resume',
    'half.training',
  );
  assert.deepEqual(resumed, { code: 0, stdout: '', stderr: '' });
  const [a, b] = await Promise.all(['whole', 'half'].map((name) => readFile(join(folder, `${name}.onnx`))));
  assert.ok(a.equals(b));
});

test('weights alone, in blocks', async () => {
  const options = [
    '--labels',
    'labels.txt',
    '--weights-bits',
    '4',
    '--activations',
    'float',
    '--block-size',
    '32',
  ];
  const { code, stderr } = await octavo(
    'train',
    model,
    '--data',
    'digits.npy',
    ...options,
    '-o',
    'blocks.onnx',
  );
  assert.equal(code, 0, stderr);
  const trained = await loadModel(new Uint8Array(await readFile(join(folder, 'blocks.onnx'))));
  assert.equal(trained.describe().quantization.scheme, 'weight-only');
  trained.dispose();
});

test('training goes on from a quantized copy', async () => {
  const bits = ['--weight-bits', '4', '--activation-bits', '4'];
  const made = await octavo(
    'quantize',
    model,
    '--calibration',
    'digits.npy',
    ...bits,
    '-o',
    'four.onnx',
    '--quiet',
  );
  assert.equal(made.code, 0, made.stderr);
  const options = [...few, '--from', 'four.onnx', '--json', '-o', 'further.onnx'];
  const { code, stdout, stderr } = await octavo('train', model, '--data', 'digits.npy', ...options);
  assert.equal(code, 0, stderr);
  const fresh = await octavo('train', model, '--data', 'digits.npy', ...few, '--json', '-o', 'fresh.onnx');
  assert.ok(lines(stdout)[0].loss < lines(fresh.stdout)[0].loss);
  await misused(/has none for/, 'train', model, '--data', 'digits.npy', '--from', model, '-o', 'none.onnx');
});

test('fine-tuning in float', async () => {
  const options = ['--labels', 'labels.txt', '--float', '--learning-rate', '0.0001', '-o', 'float.onnx'];
  const { code, stdout } = await octavo('train', model, '--data', 'digits.npy', ...options);
  assert.equal(code, 0);
  assert.match(stdout, /^float\.onnx: .*loss/);
  const trained = await loadModel(new Uint8Array(await readFile(join(folder, 'float.onnx'))));
  assert.equal(trained.describe().quantization.scheme, 'none');
  trained.dispose();
});

test('BatchNormalization is trained before it is folded, and goes on', async () => {
  const { file, samples } = normalizedNetwork();
  const data = new Float32Array(samples.length * 72);
  samples.forEach((sample, i) => data.set(sample.data, i * 72));
  await writeNpy(join(folder, 'small.npy'), new Tensor('float32', data, [samples.length, 2, 6, 6]));
  await writeFile(join(folder, 'normalized.onnx'), file);
  const options = ['--data', 'small.npy', '--quiet', '--batch-size', '16', '--loss-layers', 'relu1', 'relu2'];
  const command = ['train', 'normalized.onnx', ...options, '--freeze-batch-normalization', '0.5'];
  const begun = await octavo(
    ...command,
    '--batch-normalization',
    'trained',
    '--save',
    'bn.training',
    '-o',
    'bn.onnx',
  );
  assert.deepEqual(begun, { code: 0, stdout: '', stderr: '' });
  const resumed = await octavo(...command, '--epochs', '2', '--resume', 'bn.training', '-o', 'bn2.onnx');
  assert.deepEqual(resumed, { code: 0, stdout: '', stderr: '' });
  const trained = await loadModel(new Uint8Array(await readFile(join(folder, 'bn2.onnx'))));
  assert.equal(trained.describe().operators.BatchNormalization, undefined);
  assert.ok(trained.describe().quantization.integerNodes > 0);
  trained.dispose();
});

test('what is wrong is one line', async () => {
  const base = ['train', model, '--data', 'digits.npy', '-o', 'none.onnx'];
  await misused(/required option '--data/, 'train', model);
  await misused(/from 2 to 8/, ...base, '--weights-bits', '1');
  await misused(/--float rounds nothing/, ...base, '--float', '--scales', 'learned');
  await misused(/have no bits/, ...base, '--activations', 'float', '--activations-bits', '4');
  await misused(/'blockSize' is for activations in float/, ...base, '--block-size', '32');
  await misused(/--float rounds nothing/, ...base, '--float', '--from', 'a.onnx');
  await misused(/--validation-labels are of/, ...base, '--validation-labels', 'labels.json');
  await misused(/goes on as the training was begun/, ...base, '--resume', 'a.onnx', '--weights-bits', '4');
  await misused(/--loss/, ...base, '--loss', 'hinge');
  await misused(/--batch-normalization/, ...base, '--batch-normalization', 'yes');
  await misused(/no node computes 'nothing'/, ...base, '--loss-layers', 'nothing');
  await writeFile(join(folder, 'wrong.json'), '[1, 2, "x"]');
  await failsWith(/wrong\.json has no class at 3: x/, ...base, '--labels', 'wrong.json');
  await misused(
    /48 samples/,
    ...base,
    '--labels',
    (await writeFile(join(folder, 'two.json'), '[1, 2]'), 'two.json'),
  );
  await failsWith(/cannot read nothing\.json/, ...base, '--labels', 'nothing.json');
  await failsWith(/digits\.npy/, ...base, '--resume', 'digits.npy');
  await failsWith(
    /label is 10/,
    ...base,
    '--labels',
    (await writeFile(join(folder, 'ten.json'), JSON.stringify(Array(48).fill(10))), 'ten.json'),
  );
});
