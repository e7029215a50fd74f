// Inputs, outputs and nodes may be named like anything that objects inherit.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Tensor, compare, loadModel } from 'octavo';
import { writeNpy } from 'octavo/node';
import { commandLine } from './support/command_line.mjs';
import { builds, withEngine } from './support/engines.mjs';
import { onnxFile } from './support/onnx_model.mjs';
import { inner, portWorker } from './support/package.mjs';

const names = [
  'constructor',
  'toString',
  '__proto__',
  'hasOwnProperty',
  'valueOf',
  'length',
  'data',
  'dims',
  'then',
];
const dims = [2];
const value = (name) => ({ name, dims });

/** Each of the names is an input, and `out <name>` an output that is its double. */
const doubling = onnxFile({
  nodes: names.map((name) => ({ op: 'Add', name, inputs: [name, name], outputs: [`out ${name}`] })),
  inputs: names.map(value),
  outputs: names.map((name) => value(`out ${name}`)),
});

/** Each of the names is an output, made of x. */
const multiplying = onnxFile({
  nodes: names.map((name, i) => ({ op: 'Mul', name, inputs: ['x', `c${i}`], outputs: [name] })),
  constants: names.map((_, i) => ({ name: `c${i}`, dims: [], data: Float32Array.of(i + 1) })),
  inputs: [value('x')],
  outputs: names.map(value),
});

const tensor = (...values) => new Tensor('float32', values, dims);

for (const build of builds) {
  test(`${build}: inputs of any name`, () =>
    withEngine(build, async (engine) => {
      const model = await loadModel(doubling, { engine });
      assert.deepEqual(
        model.inputs.map(({ name }) => name),
        names,
      );
      const feeds = Object.fromEntries(names.map((name, i) => [name, tensor(i, -i)]));
      const outputs = await model.run(feeds);
      names.forEach((name, i) => assert.deepEqual([...outputs[`out ${name}`].data], [2 * i, -2 * i]));
      // What is inherited is no feed.
      for (const name of names.slice(0, 5)) {
        const others = Object.fromEntries(Object.entries(feeds).filter(([other]) => other !== name));
        await assert.rejects(model.run(others), { code: 'InvalidInput', message: new RegExp(`'${name}'`) });
        await assert.rejects(model.run(Object.create(feeds)), { code: 'InvalidInput' });
      }
      model.dispose();
    }));

  test(`${build}: outputs of any name, given arrays included`, () =>
    withEngine(build, async (engine) => {
      const model = await loadModel(multiplying, { engine });
      const outputs = await model.run({ x: tensor(1, -2) });
      assert.deepEqual(Object.keys(outputs), names);
      names.forEach((name, i) => assert.deepEqual([...outputs[name].data], [i + 1, -2 * (i + 1)]));
      assert.equal(Object.getPrototypeOf(outputs), null);
      const given = Object.fromEntries(names.map((name) => [name, tensor(0, 0)]));
      const same = await model.run({ x: tensor(1, -2) }, { outputs: given });
      for (const name of names) assert.equal(same[name].data, given[name].data);
      const report = await compare(model, await model.quantizeDynamic(), [{ x: tensor(1, -2) }], {
        layers: true,
      });
      assert.deepEqual(
        report.outputs.map(({ name }) => name),
        names,
      );
      assert.equal(report.layers.length, names.length);
      const again = await loadModel(await model.toOnnx(), { engine });
      assert.deepEqual(Object.keys(await again.run(tensor(1, -2))), names);
    }));
}

test('a feed is the input of its name alone, whatever the name says', () =>
  withEngine('simd', async (engine) => {
    const sum = onnxFile({
      nodes: [{ op: 'Add', inputs: ['a', 'b'], outputs: ['y'] }],
      inputs: [value('a'), value('b')],
      outputs: [value('y')],
    });
    const model = await loadModel(sum, { engine });
    const [a, b] = [tensor(1, 2), tensor(10, 20)];
    assert.deepEqual([...(await model.run({ a, b })).y.data], [11, 22]);
    for (const name of ['a float32 2\nb', 'a\nb', 'a b', 'a', ' a', '', 'a\0', '\0'])
      await assert.rejects(model.run({ [name]: a }), { code: 'InvalidInput' }, JSON.stringify(name));
    // The order of feeds is that of the caller, and may change.
    assert.deepEqual([...(await model.run({ b: a, a: b })).y.data], [11, 22]);
    assert.deepEqual([...(await model.run({ a, b: a })).y.data], [2, 4]);
    const difference = onnxFile({
      nodes: [{ op: 'Sub', inputs: ['a', 'b'], outputs: ['y'] }],
      inputs: [value('a'), value('b')],
      outputs: [value('y')],
    });
    const other = await loadModel(difference, { engine });
    assert.deepEqual([...(await other.run({ a, b })).y.data], [-9, -18]);
    assert.deepEqual([...(await other.run({ b, a })).y.data], [-9, -18]);
    assert.deepEqual([...(await other.run({ a: b, b: a })).y.data], [9, 18]);
  }));

test('names cross to a worker and back', async () => {
  const { Client, workerChannel, serve } = await inner('rpc.js');
  const service = { echo: (tensors) => tensors };
  const worker = portWorker({ service, calls: ['echo'] }, { serve });
  const client = new Client(workerChannel(worker, 'test'));
  const sent = names.map((name) => ({ name, data: Float32Array.of(1) }));
  assert.deepEqual(await client.call('echo', [sent]), sent);
  const record = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}');
  assert.deepEqual(Object.entries(await client.call('echo', [record])), Object.entries(record));
  client.close(new Error('done'));
});

test('the command line writes a file for each output, whatever their names', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'octavo-test-'));
  try {
    const outputs = [...names, 'a/b', 'a_b', 'a:b', '..', '.'];
    await writeFile(
      join(folder, 'model.onnx'),
      onnxFile({
        nodes: outputs.map((name) => ({ op: 'Relu', inputs: ['x'], outputs: [name] })),
        inputs: [value('x')],
        outputs: outputs.map(value),
      }),
    );
    await writeNpy(join(folder, 'x.npy'), tensor(1, -2));
    const { json } = commandLine(() => folder);
    await json('run', 'model.onnx', '--input', 'x.npy', '--output', 'out');
    assert.equal((await readdir(join(folder, 'out'))).length, outputs.length);
  } finally {
    await rm(folder, { recursive: true });
  }
});
