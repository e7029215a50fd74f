// octavo operators: what a model may have, and what models need of an engine.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commandLine } from './support/command_line.mjs';
import { modelFile } from './support/networks.mjs';
import { repository } from './support/package.mjs';

const { octavo, json, failsWith, misused } = commandLine(() => fileURLToPath(repository));
const mnist = modelFile('mnist.onnx');
const needed = [
  ...[
    'BatchNormalization',
    'Conv',
    'DequantizeLinear',
    'DynamicQuantizeLinear',
    'Flatten',
    'Gemm',
    'MaxPool',
  ],
  ...['QuantizeLinear', 'Relu', 'Transpose', 'octavo.DynamicQGemm', 'octavo.QConv', 'octavo.QGemmToFloat'],
];

test('without a model: all that a file may have', async () => {
  const { stdout } = await octavo('operators');
  assert.match(stdout, /^Abs \(opset 1\)\n/);
  assert.match(stdout, /\ncom\.microsoft\.FusedConv \(opset 1\)\n/);
});

test('of models: what an engine needs to read, quantize and run them, one a line', async () => {
  assert.deepEqual(await json('operators', mnist), needed);
  assert.equal((await octavo('operators', mnist)).stdout, `${needed.join('\n')}\n`);
  const both = await json('operators', mnist, modelFile('ppocr-cls.onnx'));
  assert.ok(needed.every((name) => both.includes(name)) && both.length > needed.length);
});

test('--cmake: the option that builds such an engine', async () => {
  const { stdout } = await octavo('operators', mnist, '--cmake');
  assert.equal(stdout, `-DOCTAVO_OPERATORS=${needed.join(';')}\n`);
  await misused(/--cmake lists what models need/, 'operators', '--cmake');
  await failsWith(/none\.onnx: there is no such file/, 'operators', 'none.onnx', '--cmake');
});
