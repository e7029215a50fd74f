// Arrays as samples: bytes that are pictures, stacks, batches.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Tensor, preprocessingFor } from 'octavo';
import { readNpy, readSamples, writeNpy } from 'octavo/node';
import { digits, modelFile } from './support/networks.mjs';

let folder;
before(async () => (folder = await mkdtemp(join(tmpdir(), 'octavo-arrays-'))));
after(() => rm(folder, { recursive: true }));

const input = (type, ...dims) => ({ name: 'x', type, dims });
const size = (dims) => dims.reduce((product, dim) => product * dim, 1);

/** The samples in an array of 0, 1, 2, … */
async function samples(type, dims, value, options) {
  const file = join(folder, 'x.npy');
  await writeNpy(
    file,
    new Tensor(
      type,
      Array.from({ length: size(dims) }, (_, i) => i % 256),
      dims,
    ),
  );
  const made = [];
  for await (const sample of readSamples([file], value, options)) made.push(sample);
  return made;
}
const shapes = (made) => made.map(({ type, dims }) => `${type} ${dims}`);

test('the MNIST images work as they are', async () => {
  const grey = input('float32', 'N', 1, 28, 28);
  const preprocessing = preprocessingFor(grey, 'mnist');
  let count = 0;
  for await (const sample of readSamples([modelFile('mnist-test-images.npy')], grey, { preprocessing })) {
    if (count % 100 === 7) assert.deepEqual(sample, await digits('mnist-test-images.npy', count, 1));
    ++count;
  }
  assert.equal(count, (await readNpy(modelFile('mnist-test-labels.npy'))).data.length);
});

test('bytes are pictures in any of the usual orders', async () => {
  const rgb = input('float32', 'N', 3, 4, 5);
  const preprocessing = preprocessingFor(rgb, { scale: 1, resize: 'stretch' });
  for (const [dims, count] of [
    [[4, 5], 1],
    [[4, 5, 3], 1],
    [[3, 4, 5], 1],
    [[2, 4, 5, 3], 2],
    [[2, 3, 4, 5], 2],
    [[6, 4, 5], 6],
    [[2, 8, 9, 1], 2],
  ])
    assert.deepEqual(
      shapes(await samples('uint8', dims, rgb, { preprocessing })),
      Array(count).fill('float32 1,3,4,5'),
      dims.join(),
    );
  // Channels last or first: the same picture.
  const [last] = await samples('uint8', [4, 5, 3], rgb, { preprocessing });
  assert.deepEqual([last.data[0], last.data[20], last.data[40]], [0, 1, 2]);
  const [first] = await samples('uint8', [3, 4, 5], rgb, { preprocessing });
  assert.deepEqual([first.data[0], first.data[20], first.data[40]], [0, 20, 40]);
  const grey = input('float32', 1, 4, 5, 1);
  const options = { preprocessing: preprocessingFor(grey, 'zero-one') };
  assert.deepEqual(
    shapes(await samples('uint8', [3, 4, 5], grey, options)),
    Array(3).fill('float32 1,4,5,1'),
  );
  await assert.rejects(samples('uint8', [0, 4, 5], rgb, { preprocessing }), {
    code: 'InvalidData',
    message: /x\.npy holds no sample/,
  });
  await assert.rejects(samples('uint8', [2, 2, 2, 2, 2], rgb, { preprocessing }), {
    code: 'InvalidData',
    message: /x\.npy.*no pictures/,
  });
});

test('bytes become floats by a scale that is given, or not at all', async () => {
  const vector = input('float32', 'N', 4);
  const [scaled] = await samples('uint8', [1, 4], vector, { scale: 1 / 255 });
  assert.deepEqual(scaled, new Tensor('float32', [0, 1 / 255, 2 / 255, 3 / 255], [1, 4]));
  await assert.rejects(samples('uint8', [1, 4], vector), {
    code: 'InvalidOption',
    message: /x\.npy holds bytes.*scale/,
  });
  await assert.rejects(samples('uint8', [28, 28], input('float32', 'N', 1, 28, 28)), {
    message: /preprocessing \(mnist, zero-one, minus-one-one\) or a scale/,
  });
  // An input of bytes takes them as they are.
  const bytes = input('uint8', 'N', 3, 4, 5);
  const preprocessing = preprocessingFor(bytes, {});
  const [same] = await samples('uint8', [1, 3, 4, 5], bytes, { preprocessing });
  assert.deepEqual([...same.data.subarray(0, 3)], [0, 1, 2]);
});

test('other arrays lack a batch, or are stacks', async () => {
  const grey = input('float32', 'N', 1, 4, 5);
  const options = { preprocessing: preprocessingFor(grey, 'zero-one') };
  const one = 'float32 1,1,4,5';
  assert.deepEqual(shapes(await samples('float32', [1, 4, 5], grey, options)), [one]);
  assert.deepEqual(shapes(await samples('float32', [3, 1, 4, 5], grey, options)), [one, one, one]);
  assert.deepEqual(shapes(await samples('float32', [3, 4, 5], grey, options)), [one, one, one]);
  assert.deepEqual(shapes(await samples('float32', [2, 1, 1, 4, 5], grey)), [one, one]);
  // What is no picture has a first dimension of its own meaning, unless it is 1.
  assert.deepEqual(shapes(await samples('float32', [3, 6], input('float32', 'L', 6))), ['float32 3,6']);
  assert.deepEqual(
    shapes(await samples('float32', [3, 6], input('float32', 1, 6))),
    Array(3).fill('float32 1,6'),
  );
  const [, second] = await samples('float32', [3, 6], input('float32', 1, 6));
  assert.deepEqual([...second.data], [6, 7, 8, 9, 10, 11]);
});
