// The command line, as a person runs it.
import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Tensor } from 'octavo';
import { readNpy, writeNpy } from 'octavo/node';
import { commandLine } from './support/command_line.mjs';
import { digits, modelFile } from './support/networks.mjs';
import { onnxModel } from './support/onnx_model.mjs';

let folder;
const inFolder = (name) => join(folder, name);

const { octavo, json, failsWith, misused } = commandLine(() => folder);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octavo-cli-'));
  await mkdir(inFolder('digits'));
  for (let i = 0; i < 4; ++i) {
    await writeNpy(inFolder(`digits/${i}.npy`), await digits('mnist-calibration-images.npy', i, 1));
  }
  await mkdir(inFolder('photos'));
  for (const name of ['cat', 'panda'])
    await copyFile(modelFile(`photos/${name}.jpg`), inFolder(`photos/${name}.jpg`));
  await mkdir(inFolder('empty'));
  await writeFile(inFolder('cut.onnx'), (await readFile(modelFile('mnist.onnx'))).subarray(0, 5000));
  await writeFile(inFolder('unknown.onnx'), onnxModel({ op: 'Frobnicate', node: 'n7' }));
  await writeNpy(inFolder('nan.npy'), new Tensor('float32', new Float32Array(784).fill(NaN), [1, 1, 28, 28]));
  await writeNpy(inFolder('small.npy'), new Tensor('float32', new Float32Array(4), [1, 1, 2, 2]));
  await writeNpy(inFolder('integers.npy'), new Tensor('int32', new Int32Array(784), [1, 1, 28, 28]));
  await writeFile(inFolder('broken.jpg'), (await readFile(modelFile('photos/cat.jpg'))).subarray(0, 4000));
});
after(() => rm(folder, { recursive: true }));

test('--help of the program and of every command', async () => {
  for (const args of [[], ['inspect'], ['quantize'], ['run'], ['compare'], ['operators']]) {
    const { code, stdout, stderr } = await octavo(...args, '--help');
    assert.equal(code, 0);
    assert.equal(stderr, '');
    assert.match(stdout, /^Usage: octavo/);
    assert.match(stdout, /\nExamples:\n {2}\$ octavo /);
  }
  assert.match((await octavo('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('inspect', async () => {
  const description = await json('inspect', modelFile('mnist.onnx'));
  assert.equal(description.opset, 13);
  assert.deepEqual(description.inputs[0].dims.slice(1), [1, 28, 28]);
  assert.equal(description.outputs[0].name, 'logits');
  assert.ok(description.parameters > 1000 && description.macs > 1000);
  assert.ok(description.operators.Conv >= 1);
  assert.equal(description.quantization.scheme, 'none');
  assert.equal(description.bytes, (await readFile(modelFile('mnist.onnx'))).byteLength);
  assert.equal(description.layers.length, 8);
  assert.deepEqual(description.preprocessing.candidates, ['mnist', 'zero-one', 'minus-one-one']);
});

test('inspect prints a table of operators, shapes, sizes and what would be quantized', async () => {
  const { stdout } = await octavo('inspect', modelFile('mnist.onnx'));
  assert.match(stdout, /^file +84\.2 kB\nopset +13/);
  assert.match(stdout, /\npictures +not known: --preprocessing mnist \| zero-one \| minus-one-one\n/);
  assert.match(stdout, /\noperator +nodes +parameters +share +outputs +int8 by\n/);
  assert.match(stdout, /\nGemm +1 +15\.7 thousand +76\.6 % +\[N, 10\] +dynamic, static\n/);
  assert.match(stdout, /\nConv +2 +4800 +23\.4 % +\[\?, 16, 28, 28\] … \[\?, 32, 14, 14\] +static\n/);
  assert.match(stdout, /\nRelu +2 +\[\?, 16, 28, 28\] … \[\?, 32, 14, 14\]\n/);
  assert.match(
    stdout,
    /\nweights: 82\.0 kB in float; about 34\.9 kB with dynamic quantization, 20\.5 kB with static\n/,
  );
  assert.doesNotMatch(stdout, /\nlayer /);
  const layers = (await octavo('inspect', modelFile('mnist.onnx'), '--layers')).stdout;
  assert.match(
    layers,
    /\nlayer +operator +output +parameters +int8 by\n\/0\/Conv +Conv +\[\?, 16, 28, 28\] +160 +static\n/,
  );
});

test('quantize dynamically, then inspect and run the result', async () => {
  const model = modelFile('resnet18-quarter.onnx');
  const args = ['--method', 'dynamic', '--ops', 'Gemm', '--activations', 'u7', '--per-tensor'];
  const report = await json('quantize', model, '-o', 'resnet.int8.onnx', ...args);
  assert.equal(report.quantized.bytes, (await readFile(inFolder('resnet.int8.onnx'))).byteLength);
  assert.ok(report.sizeRatio < 1);
  assert.equal((await json('inspect', 'resnet.int8.onnx')).quantization.scheme, 'dynamic');
  const input = ['--input', 'images=photos/cat.jpg'];
  const { samples } = await json('run', 'resnet.int8.onnx', ...input, '--preprocessing', 'imagenet');
  assert.deepEqual(samples[0].outputs[0].dims, [1, 1000]);
});

test('quantize statically from a folder, and compare', async () => {
  const model = modelFile('mnist.onnx');
  const args = ['--method', 'static', '--calibration', 'digits', '--observer', 'minmax'];
  const { code, stdout, stderr } = await octavo('quantize', model, '-o', 'mnist.int8.onnx', ...args);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /mnist\.int8\.onnx: .* -> /);
  assert.equal((await json('inspect', 'mnist.int8.onnx')).quantization.scheme, 'static');
  await misused(/the float model comes first/, 'compare', 'mnist.int8.onnx', model, '--data', 'digits');
  const other = modelFile('ppocr-cls.onnx');
  await misused(/take other inputs: .* digits, .* x/, 'compare', model, other, '--data', 'digits');
  const report = await json('compare', model, 'mnist.int8.onnx', '--data', 'digits', '--repeats', '2');
  assert.equal(report.samples, 4);
  for (const side of [report.float, report.quantized]) assert.ok(side.bytes > 0 && side.ms >= side.msBest);
  assert.equal(report.outputs[0].name, 'logits');
  assert.ok(report.outputs[0].cosine > 0.9 && report.outputs[0].sqnrDb > 5 && report.outputs[0].maxAbs > 0);
  assert.equal(report.top1Agreement, 1);
  const { build, why } = report.engine;
  assert.ok(build && why);
});

test('compare quantizes on the spot, with layers', async () => {
  const model = modelFile('mnist.onnx');
  const args = [
    '--method',
    'static',
    '--calibration',
    'digits/0.npy',
    'digits/1.npy',
    '--data',
    'digits/2.npy',
    '--layers',
  ];
  const report = await json('compare', model, ...args);
  assert.ok(report.layers.length > 2);
  const { code, stdout } = await octavo('compare', model, ...args);
  assert.equal(code, 0);
  assert.match(stdout, /float .*\nint8 /);
  assert.match(stdout, /same top-1 in 100/);
});

test('excluded nodes stay float', async () => {
  const model = modelFile('mnist.onnx');
  const args = ['--method', 'static', '--calibration', 'digits', '-o', 'partly.onnx'];
  const whole = await json('quantize', model, ...args);
  const dynamic = await json('quantize', model, '--method', 'dynamic', '-o', 'dynamic.onnx');
  const excluded = dynamic.quantization.islands.find(({ op }) => op === 'Conv').node;
  const partly = await json('quantize', model, ...args, '--exclude', excluded, '--force');
  assert.ok(partly.quantization.integerNodes < whole.quantization.integerNodes);
});

test('run writes .npy files', async () => {
  const model = modelFile('efficientnet-lite0.onnx');
  const args = [model, 'photos/panda.jpg', '--preprocessing', 'efficientnet-lite'];
  const { samples } = await json('run', ...args, '--output', 'out/deep');
  const logits = await readNpy(inFolder('out/deep/logits.npy'));
  assert.deepEqual(logits.dims, [1, 1000]);
  assert.equal(samples[0].outputs[0].file, 'out/deep/logits.npy');
  const labels = JSON.parse(await readFile(modelFile('imagenet-labels.json'), 'utf8'));
  assert.equal(labels[logits.data.indexOf(Math.max(...logits.data))], 'giant panda');
  const { stdout } = await octavo('run', ...args);
  assert.match(stdout, /^logits: float32 \[1, 1000\]\n.*\npanda\.jpg +logits +\[388\]/);
  const both = await json('run', model, 'photos', ...args.slice(2), '--output', 'both');
  assert.deepEqual(
    both.samples.map(({ outputs }) => outputs[0].file),
    ['both/cat.jpg.logits.npy', 'both/panda.jpg.logits.npy'],
  );
});

test('bad input is one line on stderr and exit code 1', async () => {
  const mnist = modelFile('mnist.onnx');
  const quantize = ['quantize', mnist, '-o', 'never.onnx'];
  const cases = [
    [/none\.onnx: there is no such file/, 'inspect', 'none.onnx'],
    [/cannot read empty/, 'inspect', 'empty'],
    [/cut\.onnx: /, 'inspect', 'cut.onnx'],
    [/cat\.jpg: /, 'inspect', modelFile('photos/cat.jpg')],
    [/unknown\.onnx: .*Frobnicate.*n7|unknown\.onnx: .*n7.*Frobnicate/, 'quantize', 'unknown.onnx'],
    [/no such file/, ...quantize, '--calibration', 'nowhere'],
    [/there are no .* files in empty/, ...quantize, '--calibration', 'empty'],
    [/NaN|finite/i, ...quantize, '--calibration', 'nan.npy'],
    [/shape|dim/i, ...quantize, '--calibration', 'small.npy'],
    [/float32/, ...quantize, '--calibration', 'integers.npy'],
    [/broken\.jpg is no whole JPEG/, ...quantize, '--calibration', 'broken.jpg', '--preprocessing', 'mnist'],
    [/there is no such folder/, 'quantize', mnist, '-o', 'nowhere/x.onnx'],
    [/cut\.onnx is none of \.npy/, 'run', mnist, '--input', 'digits=cut.onnx'],
    [/small\.npy: input 'digits' expects shape/, 'run', mnist, 'small.npy'],
  ];
  for (const [pattern, ...args] of cases) await failsWith(pattern, ...args);
  await assert.rejects(readFile(inFolder('never.onnx')));
});

test('a command that is wrong is one line on stderr, with what may be meant, and exit code 2', async () => {
  const mnist = modelFile('mnist.onnx');
  const quantize = ['quantize', mnist, '-o', 'never.onnx'];
  const cases = [
    [/missing required argument/, 'inspect'],
    [/unknown option '--frob'/, 'inspect', mnist, '--frob'],
    [/unknown option '--calibraton' \(Did you mean --calibration\?\)/, ...quantize, '--calibraton', 'x'],
    [/unknown command 'frobnicate'; commands are inspect, quantize, train, run/, 'frobnicate'],
    [/unknown command 'qantize' \(Did you mean quantize\?\)/, 'qantize', mnist],
    [/Allowed choices are dynamic, static/, ...quantize, '--method', 'magic'],
    [/static needs typical input: --calibration/, ...quantize, '--method', 'static'],
    [
      /--calibration is for --method dynamic with --target speed alone/,
      ...quantize,
      '--method',
      'dynamic',
      '--calibration',
      'digits',
    ],
    [
      /--bins is no option of --method dynamic, which is .* without --calibration/,
      ...quantize,
      '--bins',
      '9',
    ],
    [/Allowed choices are imagenet, efficientnet-lite/, ...quantize, '--preprocessing', 'imagnet'],
    [/channels 1, not 3; presets that fit are mnist, zero-one/, ...quantize, '--preprocessing', 'imagenet'],
    [/a fraction such as 1\/255/, ...quantize, '--scale', '1/x'],
    [/WIDTHxHEIGHT/, ...quantize, '--size', 'large'],
    [/width 28, not 30/, ...quantize, '--preprocessing', 'mnist', '--size', '30'],
    [/Frobnicate/, ...quantize, '--method', 'dynamic', '--ops', 'Frobnicate'],
    [/unknown operator 'conv' \(Did you mean Conv\?\)/, ...quantize, '--ops', 'conv'],
    [/--force stands where a file/, ...quantize, '--calibration', '--force'],
    [/whole number from 1 up, or auto/, 'inspect', mnist, '--threads', 'two'],
    [/no such node/, ...quantize, '--exclude', 'no such node'],
    [/names no input; the model's input is 'digits'/, 'run', mnist, '--input', 'pixels=digits/0.npy'],
    [/there is no file to run on; the model's input is 'digits'/, 'run', mnist],
    [/either a second model or/, 'compare', mnist, mnist, '--method', 'dynamic', '--data', 'digits'],
    [/whole number/, 'compare', mnist, mnist, '--data', 'digits', '--repeats', '0'],
    [/--data/, 'compare', mnist, mnist],
  ];
  for (const [pattern, ...args] of cases) await misused(pattern, ...args);
  await assert.rejects(readFile(inFolder('never.onnx')));
  const { code, stdout, stderr } = await octavo();
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^Usage: octavo/);
});

test('--json keeps stdout free of anything else when it fails; --verbose shows the stack', async () => {
  await failsWith(/no such file/, 'inspect', 'none.onnx', '--json');
  assert.match((await octavo('inspect', 'none.onnx', '--verbose')).stderr, /\n\s+at /);
});
