// octavo inspect of files that do not run.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadModel } from 'octavo';
import { commandLine } from './support/command_line.mjs';
import { modelFile } from './support/networks.mjs';
import { onnxFile } from './support/onnx_model.mjs';
import { inner } from './support/package.mjs';

let folder;
const inFolder = (name) => join(folder, name);
const { octavo, json, failsWith } = commandLine(() => folder);

const body = {
  nodes: [{ op: 'Wibble', inputs: ['x'], outputs: ['z'] }],
  inputs: [],
  outputs: [{ name: 'z' }],
};
const unsupported = {
  inputs: [
    { name: 'x', dims: ['N', 3] },
    { name: 'c', type: 'bool', dims: [] },
    { name: 'w', dims: [3, 2] },
  ],
  outputs: [{ name: 'y' }],
  constants: [
    { name: 'w', dims: [3, 2], data: new Float32Array(6) },
    { name: 'shape', type: 'int64', dims: [2], data: new BigInt64Array(2) },
  ],
  nodes: [
    { op: 'MatMul', inputs: ['x', 'w'], outputs: ['a'] },
    { op: 'Frobnicate', name: 'n7', inputs: ['a'], outputs: ['b'] },
    { op: 'Frobnicate', inputs: ['b'], outputs: ['d'] },
    { op: 'Gelu', domain: 'com.microsoft', inputs: ['d'], outputs: ['e'] },
    { op: 'Relu', domain: 'org.example', inputs: ['e'], outputs: ['f'] },
    { op: 'If', inputs: ['c'], outputs: ['y'], attributes: { then_branch: body, else_branch: body } },
  ],
};

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octavo-inspect-'));
  await writeFile(inFolder('unsupported.onnx'), onnxFile(unsupported));
  await writeFile(
    inFolder('opset.onnx'),
    onnxFile({ ...unsupported, nodes: unsupported.nodes.slice(0, 1) }, 99),
  );
  await writeFile(inFolder('cut.onnx'), onnxFile(unsupported).subarray(0, 100));
});
after(() => rm(folder, { recursive: true }));

test('a file with operators that are missing is described, with those marked', async () => {
  const file = await json('inspect', 'unsupported.onnx');
  assert.deepEqual(file.inputs, [
    { name: 'x', type: 'float32', dims: ['N', 3] },
    { name: 'c', type: 'bool', dims: [] },
  ]);
  assert.deepEqual(file.outputs, [{ name: 'y', type: 'float32' }]);
  assert.deepEqual([file.opset, file.irVersion, file.parameters], [17, 8, 6]);
  assert.deepEqual(file.operators, {
    MatMul: 1,
    Frobnicate: 2,
    'com.microsoft.Gelu': 1,
    'org.example.Relu': 1,
    Wibble: 2,
    If: 1,
  });
  assert.deepEqual(file.missing, ['Frobnicate', 'org.example.Relu', 'Wibble']);
  assert.equal(file.runs, false);
  assert.match(
    file.why,
    /^these operators are not supported \(opset 17\): Frobnicate, org\.example\.Relu, Wibble$/,
  );

  const { code, stdout, stderr } = await octavo('inspect', 'unsupported.onnx');
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^file +\d+ B\nopset +17 \(IR 8\)\ninput +x: float32 \[N, 3\]\n/);
  assert.match(stdout, /\nruns +no: these operators are not supported \(opset 17\): Frobnicate/);
  assert.match(stdout, /\noperator +nodes\nFrobnicate +2 +not supported\n/);
  assert.match(stdout, /\nMatMul +1\n/);
});

test('so is one that does not load for another want of support', async () => {
  const file = await json('inspect', 'opset.onnx');
  assert.deepEqual(file.missing, []);
  assert.deepEqual(file.operators, { MatMul: 1 });
  assert.match(file.why, /^opset 99 is not supported/);
});

test('a file that is damaged is an error, and so is every other command', async () => {
  await failsWith(/cut\.onnx: /, 'inspect', 'cut.onnx');
  await failsWith(/unsupported\.onnx: these operators/, 'quantize', 'unsupported.onnx');
});

test('a model that runs says so', async () => {
  assert.equal((await json('inspect', modelFile('mnist.onnx'))).runs, true);
});

test('the description of the file is that of the model where there is both', async () => {
  const { describeOnnxFile } = await inner('node/onnx_file.js');
  const bytes = onnxFile({ ...unsupported, outputs: [{ name: 'a' }], nodes: unsupported.nodes.slice(0, 1) });
  const { inputs, outputs, opset, irVersion, parameters, operators } = (await loadModel(bytes)).describe();
  const file = describeOnnxFile('model', bytes);
  assert.deepEqual(
    { ...file, outputs },
    { ...{ inputs, outputs, opset, irVersion, parameters, operators }, producer: '', metadata: {} },
  );
});

test('no bytes keep it busy, and what it gives is of the file or an error of it', async () => {
  const { describeOnnxFile } = await inner('node/onnx_file.js');
  const bytes = onnxFile(unsupported);
  let described = 0;
  for (let at = 0; at < bytes.length; ++at)
    for (const value of [0, 0x7f, 0xff, bytes[at] ^ 3]) {
      const mutant = bytes.slice();
      mutant[at] = value;
      try {
        describeOnnxFile('model', mutant);
        ++described;
      } catch (error) {
        assert.equal(error.code, 'InvalidData');
      }
    }
  assert.ok(described > 0);
});
