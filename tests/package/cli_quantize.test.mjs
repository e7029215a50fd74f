// octavo quantize MODEL, and nothing else: the method, the name of the file, what is said.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadModel } from 'octavo';
import { commandLine } from './support/command_line.mjs';
import { modelFile } from './support/networks.mjs';
import { onnxFile } from './support/onnx_model.mjs';
import { inner, packageRoot } from './support/package.mjs';

let folder;
const inFolder = (name) => join(folder, name);
const { octavo, json, misused } = commandLine(() => folder);
const digits = modelFile('mnist-calibration-images.npy');

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octavo-quantize-'));
  await mkdir(inFolder('models'));
  await cp(modelFile('mnist.onnx'), inFolder('models/mnist.onnx'));
});
after(() => rm(folder, { recursive: true }));

test('alone it is dynamic, beside the model, and says what it did and did not do', async () => {
  const { code, stdout, stderr } = await octavo('quantize', 'models/mnist.onnx');
  assert.deepEqual([code, stderr], [0, '']);
  const [file, method, left] = stdout.split('\n');
  assert.match(file, /^models\/mnist\.int8\.onnx: 84\.2 kB -> 37\.\d kB \(0\.44\d\)$/);
  assert.equal(method, 'dynamic (there is no calibration data): int8 in 1 Gemm, 76.6 % of the weights');
  assert.match(
    left,
    /^not in 2 Conv, 23\.4 % of the weights, which stay float; static does these, too: --calibration/,
  );
  assert.equal((await json('inspect', 'models/mnist.int8.onnx')).quantization.scheme, 'dynamic');
});

test('a file is replaced with --force only', async () => {
  const before = await readFile(inFolder('models/mnist.int8.onnx'));
  await misused(/mnist\.int8\.onnx exists already; --force replaces it/, 'quantize', 'models/mnist.onnx');
  assert.deepEqual(await readFile(inFolder('models/mnist.int8.onnx')), before);
  const args = ['--calibration', digits, '--preprocessing', 'mnist', '--force'];
  const { stdout } = await octavo('quantize', 'models/mnist.onnx', ...args);
  assert.match(
    stdout,
    /\nstatic \(there is calibration data\): int8 in 2 Conv, 1 Gemm, 100\.0 % of the weights\n/,
  );
  assert.equal((await json('inspect', 'models/mnist.int8.onnx')).quantization.scheme, 'static');
});

test('options decide what is said to be quantized', async () => {
  const { stdout } = await octavo('quantize', 'models/mnist.onnx', '--ops', 'Conv,Gemm', '-o', 'all.onnx');
  assert.match(stdout, /\ndynamic .*int8 in 2 Conv, 1 Gemm, 100\.0 % of the weights\n/);
  assert.doesNotMatch(stdout, /stay float; static/);
});

test('--target says what to spare', async () => {
  const { stdout } = await octavo('quantize', 'models/mnist.onnx', '--target', 'size', '-o', 'size.onnx');
  assert.match(stdout, /\ndynamic .*int8 in 2 Conv, 1 Gemm, 100\.0 % of the weights\n/);
  assert.deepEqual(await readFile(inFolder('size.onnx')), await readFile(inFolder('all.onnx')));
  const args = ['--calibration', digits, '--preprocessing', 'mnist', '--target', 'speed', '-o', 'speed.onnx'];
  const fast = await octavo('quantize', 'models/mnist.onnx', ...args);
  assert.match(fast.stdout, /\nstatic .*: int8 where that is faster on this device\n/);
  const refused = (message, ...more) =>
    misused(message, 'quantize', 'models/mnist.onnx', '-o', 'none.onnx', ...more);
  const dynamic = ['--method', 'dynamic', ...args.slice(0, -1), 'dynamic.onnx'];
  assert.match(
    (await octavo('quantize', 'models/mnist.onnx', ...dynamic)).stdout,
    /dynamic \(as --method says\)/,
  );
  await refused(/--target speed measures with typical input/, '--target', 'speed');
  await refused(/--target is no option of --method weights/, '--method', 'weights', '--target', 'size');
});

test('weights alone, of four bits: the file is called so, and calibration data round them', async () => {
  const args = ['--method', 'weights', '--bits', '4', '--block-size', '32', '--ops', 'Conv,Gemm'];
  const { stdout } = await octavo('quantize', 'models/mnist.onnx', ...args);
  assert.match(stdout, /^models\/mnist\.int4\.onnx: 84\.2 kB -> /);
  assert.match(stdout, /\nweights \(as --method says\): int4 in 2 Conv, 1 Gemm, 100\.0 % of the weights\n/);
  assert.equal((await json('inspect', 'models/mnist.int4.onnx')).quantization.scheme, 'weight-only');
  const calibration = ['--calibration', digits, '--preprocessing', 'mnist', '-o', 'rounded.onnx'];
  const rounded = await octavo('quantize', 'models/mnist.onnx', ...args, ...calibration);
  assert.match(rounded.stdout, /gptq in \d nodes: products \d+\.\d dB closer to float/);
  const packed = ['--weights', 'matMulNBits', '-o', 'packed.onnx'];
  assert.equal((await octavo('quantize', 'models/mnist.onnx', ...args, ...packed)).code, 0);
  await misused(
    /--block-size is no option of --method dynamic/,
    'quantize',
    'models/mnist.onnx',
    ...['--block-size', '32', '-o', 'blocks.onnx'],
  );
});

test('--storage float16 keeps what stays float in half the bytes, and inspect says so', async () => {
  const args = ['--storage', 'float16', '-o', 'halves.onnx'];
  assert.equal((await octavo('quantize', 'models/mnist.onnx', ...args)).code, 0);
  const { tensorBytes, bytes } = await json('inspect', 'halves.onnx');
  assert.ok(tensorBytes.float16 > 0 && tensorBytes.float16 > tensorBytes.float32);
  assert.ok(bytes < (await stat(inFolder('all.onnx'))).size + tensorBytes.float16);
  assert.match((await octavo('inspect', 'halves.onnx')).stdout, /^tensors {7}float32 .*, float16 .*, int8 /m);
  await misused(/--storage/, 'quantize', 'models/mnist.onnx', '--storage', 'half', '-o', 'half.onnx');
});

test('where dynamic would change nothing, calibration data is asked for', async () => {
  const conv = {
    nodes: [
      { op: 'Conv', name: 'conv', inputs: ['x', 'w'], outputs: ['y'], attributes: { kernel_shape: [1, 1] } },
    ],
    constants: [{ name: 'w', dims: [8, 3, 1, 1], data: new Float32Array(24).fill(0.5) }],
    inputs: [{ name: 'x', dims: [1, 3, 8, 8] }],
    outputs: [{ name: 'y', dims: [1, 8, 8, 8] }],
  };
  await writeFile(inFolder('conv.onnx'), onnxFile(conv));
  await misused(
    /dynamic quantizes nothing.*static quantizes 1 Conv, from typical input: --calibration/,
    'quantize',
    'conv.onnx',
  );
  await assert.rejects(stat(inFolder('conv.int8.onnx')));
  // Whoever insists gets it, with the same words.
  const { code, stdout } = await octavo('quantize', 'conv.onnx', '--method', 'dynamic');
  assert.equal(code, 0);
  assert.match(stdout, /\ndynamic \(as --method says\): quantizes nothing\nnot in 1 Conv, 100\.0 %/);
  await misused(/mnist\.int8\.onnx is quantized already \(static\)/, 'quantize', 'models/mnist.int8.onnx');
});

test('-o - writes the file to standard output and the report elsewhere', async () => {
  const program = fileURLToPath(new URL('bin/octavo.mjs', packageRoot));
  const run = (...args) =>
    new Promise((resolve) => {
      const all = [program, 'quantize', 'models/mnist.onnx', '-o', '-', ...args];
      execFile(process.execPath, all, { cwd: folder, encoding: 'buffer' }, (error, stdout, stderr) =>
        resolve({ error, stdout, stderr: String(stderr) }),
      );
    });
  const { error, stdout, stderr } = await run();
  assert.equal(error, null, stderr);
  assert.match(stderr, /^standard output: 84\.2 kB -> /);
  const model = await loadModel(new Uint8Array(stdout));
  assert.equal(model.describe().quantization.scheme, 'dynamic');
  model.dispose();
  assert.equal(JSON.parse((await run('--json')).stderr).quantized.file, '-');
  const quiet = await run('--quiet');
  assert.deepEqual([quiet.stderr, quiet.stdout.equals(stdout)], ['', true]);
  assert.ok(!(await readdir(folder)).includes('-'));
});

test('--quiet says nothing', async () => {
  const { code, stdout, stderr } = await octavo(
    'quantize',
    'models/mnist.onnx',
    '-o',
    'quiet.onnx',
    '--quiet',
  );
  assert.deepEqual([code, stdout, stderr], [0, '', '']);
  assert.ok((await stat(inFolder('quiet.onnx'))).size > 10_000);
});

test('what comes from a URL is written into the current folder', async () => {
  const bytes = await readFile(modelFile('mnist.onnx'));
  const server = createServer((_, response) => response.end(bytes)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const url = `http://127.0.0.1:${server.address().port}/deep/my%20digits.onnx?download=1`;
    const { code, stderr } = await octavo('quantize', url);
    assert.equal(code, 0, stderr);
    assert.ok((await stat(inFolder('my digits.int8.onnx'))).size > 10_000);
  } finally {
    server.close();
  }
});

test('a phase that is long says how long it still takes', async () => {
  const { timeLeft } = await inner('cli/progress.js');
  assert.equal(timeLeft({ loaded: 10, total: 40 }, 5), '15 s left');
  assert.equal(timeLeft({ loaded: 1, total: 40 }, 5), '3 min 15 s left');
  for (const [loaded, total, elapsed] of [
    [10, 40, 1],
    [0, 40, 9],
    [40, 40, 9],
    [10, undefined, 9],
  ])
    assert.equal(timeLeft({ loaded, total }, elapsed), '');
});
