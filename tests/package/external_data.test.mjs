// Models whose weights are in other files.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { loadModel, Tensor } from 'octavo';
import { onnxFile } from './support/onnx_model.mjs';

/** More than stays in the file's memory until the end, and less; two that share bytes; one of 16-bit floats. */
const large = Float32Array.from({ length: 8192 }, (_, i) => i);
const small = Float32Array.of(0.5);
const half = new Tensor('float16', [2]).data;
const weights = Buffer.concat([
  Buffer.alloc(16),
  ...[large, small, half].map((each) => Buffer.from(each.buffer)),
]);

const modelOf = (location, offsets = {}) =>
  onnxFile({
    inputs: [{ name: 'x', dims: [1] }],
    outputs: [{ name: 'y', dims: [8192] }],
    nodes: [
      { op: 'Add', inputs: ['x', 'large'], outputs: ['a'] },
      { op: 'Add', inputs: ['a', 'shared'], outputs: ['b'] },
      { op: 'Mul', inputs: ['b', 'small'], outputs: ['c'] },
      { op: 'Mul', inputs: ['c', 'half'], outputs: ['y'] },
    ],
    constants: [
      { name: 'large', dims: [8192], external: { location, offset: 16, length: 32768, ...offsets } },
      { name: 'shared', dims: [8192], external: { location, offset: 16 } },
      { name: 'small', dims: [1], external: { location, offset: 16 + 32768, length: 4 } },
      { name: 'half', type: 'float16', dims: [1], external: { location, offset: 20 + 32768 } },
    ],
  });

let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octavo-external-'));
  await writeFile(join(folder, 'model.onnx'), modelOf('weights.bin'));
  await writeFile(join(folder, 'weights.bin'), weights);
});
after(() => rm(folder, { recursive: true }));

/** (x + 2 * i) * 0.5 * 2 */
async function check(source, options) {
  const model = await loadModel(source, options);
  const { y } = await model.run({ x: new Tensor('float32', [3]) });
  assert.deepEqual(
    y.data,
    large.map((value) => 3 + 2 * value),
  );
  model.dispose();
}

test('they are found beside a file, by path and by URL', async () => {
  await check(join(folder, 'model.onnx'));
  await check(pathToFileURL(join(folder, 'model.onnx')));
});

test('they are found beside a URL', async (context) => {
  const files = { '/models/a.onnx': modelOf('w/weights.bin'), '/models/w/weights.bin': weights };
  const server = createServer(({ url }, response) => {
    const body = files[url.replace(/\?.*/, '')];
    response.writeHead(body ? 200 : 404).end(body);
  });
  await new Promise((resolve) => server.listen(0, resolve));
  context.after(() => server.close());
  const origin = `http://localhost:${server.address().port}`;
  await check(`${origin}/models/a.onnx?version=2`);
  await check(new URL(`${origin}/models/a.onnx`));
  const progress = [];
  await check(`${origin}/models/a.onnx`, { onProgress: (each) => progress.push(each) });
  const downloads = progress.filter(({ phase }) => phase === 'download');
  assert.equal(downloads.at(-1).loaded, files['/models/a.onnx'].byteLength + weights.byteLength);
});

test('a name is a name, whatever is in it', async (context) => {
  const names = ['a#b.bin', 'a?b.bin', '%2e%2e/weights.bin', '.\t./weights.bin'];
  const asked = [];
  const server = createServer(({ url }, response) => {
    asked.push(url);
    const [, number] = /^\/models\/(\d)\.onnx$/.exec(url) ?? [];
    const isWeights = url.startsWith('/models/a%') || url === '/weights.bin';
    const body = number ? modelOf(names[number]) : isWeights ? weights : undefined;
    response.writeHead(body ? 200 : 404).end(body);
  });
  await new Promise((resolve) => server.listen(0, resolve));
  context.after(() => server.close());
  const url = (number) => `http://localhost:${server.address().port}/models/${number}.onnx`;
  await check(url(0));
  await check(url(1));
  for (const number of [2, 3]) {
    await assert.rejects(loadModel(url(number)), { code: 'Download' });
    await assert.rejects(loadModel(new URL(url(number))), { code: 'Download' });
  }
  assert.ok(!asked.includes('/weights.bin'));
});

test('one file is not given for several', async () => {
  const constants = ['a.bin', 'b.bin'].map((location, i) => ({
    name: `w${i}`,
    dims: [1],
    external: { location, offset: 16 },
  }));
  const model = onnxFile({
    inputs: [{ name: 'x', dims: [1] }],
    outputs: [{ name: 'y', dims: [1] }],
    nodes: [
      { op: 'Add', inputs: ['x', 'w0'], outputs: ['a'] },
      { op: 'Add', inputs: ['a', 'w1'], outputs: ['y'] },
    ],
    constants,
  });
  await assert.rejects(loadModel(model, { externalData: weights }), {
    code: 'InvalidOption',
    message: /2 files/,
  });
  const loaded = await loadModel(model, { externalData: { 'a.bin': weights, 'b.bin': weights } });
  loaded.dispose();
});

test('they are given: one, by name, as Files', async () => {
  const model = modelOf('weights.bin');
  await check(model, { externalData: weights });
  await check(model, { externalData: { 'weights.bin': weights } });
  await check(model, { externalData: [new File([weights], 'weights.bin')] });
  await check(modelOf('folder/weights.bin'), { externalData: [new File([weights], 'weights.bin')] });
});

test('what is missing or too short is named', async () => {
  const model = modelOf('weights.bin');
  await assert.rejects(loadModel(model), { code: 'InvalidOption', message: /'weights\.bin'.*externalData/ });
  await assert.rejects(loadModel(model, { externalData: { other: weights } }), { message: /'weights\.bin'/ });
  await assert.rejects(loadModel(model, { externalData: weights.subarray(0, 100) }), {
    code: 'InvalidModel',
    message:
      /initializer 'large' has 32768 bytes in the file 'weights\.bin' from byte 16 on, but it has only 100/,
  });
  for (const offset of [-1, 'x', 2 ** 40, '18446744073709551615'])
    await assert.rejects(loadModel(modelOf('weights.bin', { offset }), { externalData: weights }), {
      code: 'InvalidModel',
    });
});

test('a model reads no file outside of its folder', async () => {
  for (const location of ['../weights.bin', '/etc/hostname', 'a/../../b', 'file:///etc/hostname', 'C:\\x']) {
    await writeFile(join(folder, 'bad.onnx'), modelOf(location));
    await assert.rejects(loadModel(join(folder, 'bad.onnx')), { code: 'InvalidModel', message: /outside/ });
  }
});
