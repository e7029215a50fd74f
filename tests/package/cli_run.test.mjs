// octavo run: classes by name, many files, several inputs.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Tensor } from 'octavo';
import { readNpy, writeNpy } from 'octavo/node';
import { commandLine } from './support/command_line.mjs';
import { modelFile } from './support/networks.mjs';
import { onnxFile } from './support/onnx_model.mjs';
import { inner } from './support/package.mjs';

let folder;
const inFolder = (name) => join(folder, name);
const { octavo, json, failsWith, misused } = commandLine(() => folder);
const photo = (name) => modelFile(`photos/${name}.jpg`);
const efficientnet = [modelFile('efficientnet-lite0.onnx'), '--preprocessing', 'efficientnet-lite'];
const mnist = [modelFile('mnist.onnx'), modelFile('mnist-test-images.npy'), '--preprocessing', 'mnist'];
const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octavo-run-'));
  await writeFile(inFolder('digits.txt'), `${names.join('\r\n')}\r\n`);
  await writeFile(inFolder('digits.json'), JSON.stringify(names));
  await writeFile(inFolder('by-number.json'), JSON.stringify(Object.fromEntries(names.entries())));
  await writeFile(inFolder('three.txt'), 'a\nb\nc\n');
  await writeFile(inFolder('bad.json'), '[1, 2]');
  await writeFile(inFolder('cut.json'), '["a", ');
  const add = {
    nodes: [{ op: 'Add', name: 'add', inputs: ['a', 'b'], outputs: ['sum'] }],
    inputs: [
      { name: 'a', dims: [1, 3] },
      { name: 'b', dims: [1, 3] },
    ],
    outputs: [{ name: 'sum', dims: [1, 3] }],
  };
  await writeFile(inFolder('add.onnx'), onnxFile(add));
  await writeNpy(inFolder('a.npy'), new Tensor('float32', [1, 2, 3], [1, 3]));
  await writeNpy(inFolder('b.npy'), new Tensor('float32', [10, 20, 30], [3]));
});
after(() => rm(folder, { recursive: true }));

test("ImageNet's labels are those of models/", async () => {
  const { imagenetLabels } = await inner('cli/imagenet_labels.js');
  assert.deepEqual(imagenetLabels, JSON.parse(await readFile(modelFile('imagenet-labels.json'), 'utf8')));
});

test('pictures by position: labels and probabilities of each', async () => {
  const args = [...efficientnet, photo('panda'), photo('macaw'), '--labels', 'imagenet'];
  const { stdout, stderr } = await octavo('run', ...args);
  assert.match(stderr, /^pictures: 224×224 RGB, NCHW, efficientnet-lite: /);
  assert.match(stdout, /^ +class +probability\npanda\.jpg +giant panda +96\.\d %\n +lesser panda +0\.\d %\n/);
  assert.match(stdout, /\nmacaw\.jpg +macaw +8\d\.\d %\n/);
  assert.equal(stdout.trimEnd().split('\n').length, 1 + 2 * 5);
  const { samples } = await json('run', ...args);
  assert.deepEqual(
    samples.map(({ name }) => name),
    ['panda.jpg', 'macaw.jpg'],
  );
  const [classes] = samples[0].classes;
  assert.equal(classes.length, 1000);
  assert.deepEqual([classes[0].index, classes[0].label], [388, 'giant panda']);
  assert.ok(Math.abs(classes.reduce((sum, { value }) => sum + value, 0) - 1) < 1e-6);
  const top = await octavo('run', ...args, '--top', '1', '--quiet');
  assert.deepEqual([top.stdout.trimEnd().split('\n').length, top.stderr], [3, '']);
});

test('labels of a text, of a JSON list or of an object', async () => {
  const labels = (await readNpy(modelFile('mnist-test-labels.npy'))).data;
  for (const file of ['digits.txt', 'digits.json', 'by-number.json']) {
    const { stdout } = await octavo('run', ...mnist, '--labels', file);
    const rows = stdout.trimEnd().split('\n').slice(1);
    // Of many samples the first class each.
    assert.equal(rows.length, 1000);
    const right = rows.filter((row, i) => new RegExp(`\\[${i}\\] +${names[labels[i]]} `).test(row)).length;
    assert.equal(right, 984);
  }
});

test('probabilities that a network gives itself are left as they are', async () => {
  const { probabilities } = await inner('cli/labels.js');
  assert.deepEqual(probabilities([0.25, 0.75]), [0.25, 0.75]);
  const softmax = probabilities([1000, 1000, -1000]);
  assert.deepEqual(softmax, [0.5, 0.5, 0]);
});

test("TensorFlow's networks have one class more", async () => {
  const { labelledOutput, readLabels: read } = await inner('cli/labels.js');
  const outputs = { logits: new Tensor('float32', new Float32Array(1001), [1, 1001]) };
  const { labels } = labelledOutput(outputs, await read('imagenet'));
  assert.deepEqual([labels.length, labels[0], labels[1]], [1001, 'background', 'tench']);
});

test('labels that do not fit are refused', async () => {
  await misused(
    /three\.txt has 3 labels, and no output as many: logits \[1000, 10\]/,
    'run',
    ...mnist,
    '--labels',
    'three.txt',
  );
  await failsWith(/bad\.json is no list of labels/, 'run', ...mnist, '--labels', 'bad.json');
  await failsWith(/cut\.json is no JSON/, 'run', ...mnist, '--labels', 'cut.json');
  await failsWith(/none\.txt: there is no such file/, 'run', ...mnist, '--labels', 'none.txt');
});

test('several inputs: a file for each, by position or as an option', async () => {
  for (const args of [
    ['a=a.npy', 'b=b.npy'],
    ['--input', 'b=b.npy', 'a=a.npy'],
    ['a=a.npy', '--input', 'b=b.npy'],
  ]) {
    const { samples } = await json('run', 'add.onnx', ...args);
    assert.deepEqual(samples[0].outputs[0].data, [11, 22, 33]);
  }
  await misused(
    /a\.npy names no input; the model's inputs are 'a', 'b'/,
    'run',
    'add.onnx',
    'a.npy',
    'b.npy',
  );
  await misused(/input a is given twice/, 'run', 'add.onnx', 'a=a.npy', 'a=b.npy');
  const { code, stderr } = await octavo('run', 'add.onnx', 'a=a.npy');
  assert.equal(code, 1);
  assert.match(stderr, /'?b'?/);
});

test('a picture may be one of several inputs', async () => {
  const scaled = {
    nodes: [{ op: 'Mul', name: 'mul', inputs: ['picture', 'factor'], outputs: ['y'] }],
    inputs: [
      { name: 'picture', dims: [1, 3, 8, 8] },
      { name: 'factor', dims: [1] },
    ],
    outputs: [{ name: 'y', dims: [1, 3, 8, 8] }],
  };
  await writeFile(inFolder('mul.onnx'), onnxFile(scaled));
  await writeNpy(inFolder('factor.npy'), new Tensor('float32', [2], [1]));
  const args = ['run', 'mul.onnx', `picture=${photo('cat')}`, 'factor=factor.npy'];
  await misused(/not known.*imagenet/, ...args);
  const { stderr, stdout } = await octavo(...args, '--preprocessing', 'zero-one', '--top', '1');
  assert.match(stderr, /^pictures: 8×8 RGB, NCHW, zero-one/);
  assert.match(stdout, /cat\.jpg, factor\.npy/);
  const { samples } = await json(...args, '--preprocessing', 'zero-one');
  const most = Math.max(...samples[0].outputs[0].data);
  assert.ok(most > 1 && most <= 2);
});

test('without labels the largest values, by their index', async () => {
  const { stdout } = await octavo('run', 'add.onnx', 'a=a.npy', 'b=b.npy', '--top', '2');
  assert.equal(
    stdout,
    [
      'sum: float32 [1, 3]',
      '              output  largest    value',
      'a.npy, b.npy  sum         [2]  33.0000',
      '              sum         [1]  22.0000\n',
    ].join('\n'),
  );
});
