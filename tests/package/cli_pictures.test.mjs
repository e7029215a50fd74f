// Preprocessing on the command line: said once, printed by each command that feeds pictures, never guessed.
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Tensor } from 'octavo';
import { writeNpy } from 'octavo/node';
import { commandLine } from './support/command_line.mjs';
import { modelFile } from './support/networks.mjs';
import { pictureNetwork } from './support/picture_networks.mjs';

let folder;
const inFolder = (name) => join(folder, name);
const { octavo, json, misused } = commandLine(() => folder);

/** Inputs of picture networks, and the preset that each is fed by. */
const networks = [
  { size: [28, 28], channels: 1, layout: 'NCHW', preset: 'mnist' },
  { size: [28, 28], channels: 1, layout: 'NHWC', preset: 'zero-one' },
  { size: [32, 32], channels: 3, layout: 'NCHW', preset: 'imagenet' },
  { size: [96, 96], channels: 3, layout: 'NHWC', preset: 'minus-one-one' },
  { size: [160, 160], channels: 3, layout: 'NHWC', preset: 'minus-one-one' },
  { size: [224, 224], channels: 3, layout: 'NCHW', preset: 'imagenet' },
  { size: [224, 224], channels: 3, layout: 'NHWC', preset: 'efficientnet-lite' },
  { size: [256, 256], channels: 3, layout: 'NCHW', preset: 'zero-one' },
  { size: [299, 299], channels: 3, layout: 'NHWC', preset: 'minus-one-one' },
  { size: [64, 100], channels: 1, layout: 'NCHW', preset: 'minus-one-one' },
  { size: ['H', 'W'], channels: 3, layout: 'NCHW', preset: 'imagenet' },
  { size: ['H', 'W'], channels: 3, layout: 'NHWC', preset: 'zero-one' },
];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octavo-pictures-'));
  await mkdir(inFolder('photos'));
  for (const name of ['cat.jpg', 'panda.jpg'])
    await cp(modelFile(`photos/${name}`), inFolder(`photos/${name}`));
  await cp(modelFile('mnist.onnx'), inFolder('mnist.onnx'));
});
after(() => rm(folder, { recursive: true }));

test('twelve picture networks: what is not said is asked for; said once, it is remembered and printed', async () => {
  for (const [i, { size, channels, layout, preset }] of networks.entries()) {
    const [height, width] = size;
    const file = `network${i}.onnx`;
    await writeFile(inFolder(file), pictureNetwork({ width, height, channels, layout }));
    const quantize = ['quantize', file, '--calibration', 'photos'];
    await misused(
      new RegExp(`not known.*--preprocessing .*${preset}.*--scale, with --mean and --std`),
      ...quantize,
    );
    const { stdout, stderr, code } = await octavo(...quantize, '--preprocessing', preset);
    assert.equal(code, 0, stderr);
    const [w, h] = [width, height].map((length) => (typeof length === 'string' ? 224 : length));
    const line = `pictures: ${w}×${h} ${channels === 1 ? 'grey' : 'RGB'}, ${layout}, ${preset}: `;
    assert.ok(stdout.includes(line), stdout);
    // The written file knows it, and so nobody has to say it again.
    const run = await octavo('run', `network${i}.int8.onnx`, 'photos/cat.jpg');
    assert.equal(run.code, 0, run.stderr);
    assert.ok(run.stderr.startsWith(line) && run.stderr.includes('as its metadata says'), run.stderr);
  }
});

test('an input all of whose dimensions are open is asked about its layout and channels, too', async () => {
  for (const [layout, channels, count] of [
    ['NCHW', 'grey', 1],
    ['NHWC', 'RGB', 3],
  ]) {
    const dims = ['A', 'B', 'C', 'D'];
    await writeFile(inFolder('open.onnx'), pictureNetwork({ dims, channels: count, layout }));
    const { stdout: inspected } = await octavo('inspect', 'open.onnx');
    assert.match(
      inspected,
      /not known: --layout NCHW \| NHWC, --channels RGB \| BGR \| grey, --preprocessing /,
    );
    const quantize = ['quantize', 'open.onnx', '--calibration', 'photos', '--force'];
    const all =
      /say --layout NCHW \| NHWC, and --channels RGB \| BGR \| grey, and --preprocessing .*imagenet/;
    await misused(all, ...quantize);
    await misused(/--channels RGB \| BGR \| grey\n$/, ...quantize, '--preprocessing', 'zero-one');
    await misused(/say --layout NCHW \| NHWC\n$/, ...quantize, '--preprocessing', 'imagenet');
    await misused(/say --preprocessing /, ...quantize, '--layout', layout, '--channels', channels);
    const said = ['--layout', layout, '--channels', channels];
    const { code, stdout, stderr } = await octavo(...quantize, '--preprocessing', 'zero-one', ...said);
    assert.equal(code, 0, stderr);
    const line = new RegExp(`pictures: \\d+×\\d+ ${channels}, ${layout}, zero-one: `);
    assert.match(stdout, line);
    const run = await octavo('run', 'open.int8.onnx', 'photos/cat.jpg');
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stderr, line);
  }
});

test('preprocessing makes the difference that it says', async () => {
  const values = async (...args) =>
    (await json('run', 'network5.onnx', 'photos/cat.jpg', ...args)).samples[0].outputs[0].data;
  const imagenet = await values('--preprocessing', 'imagenet');
  const same = ['--scale', '1/255', '--mean', '0.485,0.456,0.406', '--std', '0.229,0.224,0.225'];
  const { preprocessing } = await json(
    'run',
    'network5.onnx',
    'photos/cat.jpg',
    '--preprocessing',
    'imagenet',
  );
  assert.equal(preprocessing.side, 256);
  assert.deepEqual(await values('--preprocessing', 'zero-one', ...same), imagenet);
  assert.notDeepEqual(await values('--preprocessing', 'zero-one'), imagenet);
  assert.notDeepEqual(await values('--preprocessing', 'imagenet', '--channels', 'BGR'), imagenet);
  assert.notDeepEqual(await values('--preprocessing', 'imagenet', '--resize', 'stretch'), imagenet);
  assert.notDeepEqual(
    await values('--preprocessing', 'imagenet', '--interpolation', 'nearest', '--resize', 'fit'),
    imagenet,
  );
});

test('what a file remembers can be overridden; a size is given to networks of any size', async () => {
  const cat = ['network10.int8.onnx', 'photos/cat.jpg'];
  const { preprocessing } = await json('run', ...cat, '--size', '96x64', '--std', '0.5');
  const { width, height, mean, std } = preprocessing;
  assert.deepEqual([width, height, mean, std], [96, 64, [0.485, 0.456, 0.406], [0.5, 0.5, 0.5]]);
  const { stderr } = await octavo('run', ...cat, '--channels', 'BGR');
  assert.match(stderr, /^pictures: 224×224 BGR, NCHW: .*\(as the options say\)/);
  // A size alone does not say what the numbers are.
  const unknown = ['run', 'network10.onnx', 'photos/cat.jpg'];
  await misused(/not known/, ...unknown, '--size', '96');
  // Nor does a mean, of values in 0..1 or in 0..255.
  await misused(/not known/, ...unknown, '--mean', '0.5', '--std', '0.5');
  assert.equal((await octavo(...unknown, '--scale', '1/255', '--mean', '0.5', '--std', '0.5')).code, 0);
});

test('an input of bytes takes the pixels as they are', async () => {
  const network = { width: 32, height: 32, channels: 3, layout: 'NHWC', type: 'uint8' };
  await writeFile(inFolder('bytes.onnx'), pictureNetwork(network));
  const { code, stderr } = await octavo('run', 'bytes.onnx', 'photos/cat.jpg');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^pictures: 32×32 RGB, NHWC, uint8: values as they are/);
});

test('an input of signed bytes is no preset, and so its numbers are asked for', async () => {
  const network = { width: 32, height: 32, channels: 3, layout: 'NCHW', type: 'int8' };
  await writeFile(inFolder('signed.onnx'), pictureNetwork(network));
  await misused(/is int8, which no preset makes.*--scale/, 'run', 'signed.onnx', 'photos/cat.jpg');
  const numbers = ['--scale', '1', '--mean', '128'];
  const { code, stderr } = await octavo('run', 'signed.onnx', 'photos/cat.jpg', ...numbers);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^pictures: 32×32 RGB, NCHW, int8: value − 128; /);
});

test('compare takes what either file remembers, and prints it', async () => {
  const { stdout } = await octavo(
    'compare',
    'network5.onnx',
    'network5.int8.onnx',
    '--data',
    'photos',
    '--repeats',
    '1',
  );
  assert.match(stdout, /^pictures: 224×224 RGB, NCHW, imagenet: .*\(as its metadata says\)\n/);
  assert.match(stdout, /2 samples/);
  await misused(/not known/, 'compare', 'network5.onnx', 'network5.onnx', '--data', 'photos');
});

test('the MNIST images work as they are: one array, many samples', async () => {
  const images = modelFile('mnist-calibration-images.npy');
  await misused(
    /holds bytes.*say preprocessing \(mnist, zero-one, minus-one-one\) or a scale/,
    'run',
    'mnist.onnx',
    images,
  );
  await misused(/holds bytes/, 'quantize', 'mnist.onnx', '--calibration', images);
  const args = ['--calibration', images, '--preprocessing', 'mnist'];
  const { quantization, preprocessing } = await json('quantize', 'mnist.onnx', ...args);
  assert.equal(quantization.scheme, 'static');
  assert.equal(preprocessing.channels, 'grey');
  const report = await json('compare', 'mnist.onnx', 'mnist.int8.onnx', '--data', images, '--repeats', '1');
  assert.equal(report.samples, 64);
  assert.equal(report.top1Agreement, 1);
});

test('arrays of bytes for other networks are multiplied by --scale', async () => {
  await writeNpy(inFolder('bytes.npy'), new Tensor('uint8', [0, 51, 255, 102], [1, 4]));
  const { onnxModel } = await import('./support/onnx_model.mjs');
  await writeFile(inFolder('relu.onnx'), onnxModel({ op: 'Relu' }));
  const { samples } = await json('run', 'relu.onnx', 'bytes.npy', '--scale', '1/255');
  assert.deepEqual(
    samples[0].outputs[0].data.map((value) => value.toFixed(3)),
    ['0.000', '0.200', '1.000', '0.400'],
  );
  await misused(/bytes\.npy holds bytes.*a scale/, 'run', 'relu.onnx', 'bytes.npy');
  await misused(/four dimensions/, 'run', 'relu.onnx', 'photos/cat.jpg', '--preprocessing', 'imagenet');
});
