// From pixels to tensors.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { imageToTensor, preprocessingFor } from 'octavo';
import { readImage } from 'octavo/node';
import { modelFile } from './support/networks.mjs';
import { inner } from './support/package.mjs';

const { resize } = await inner('preprocess/resize.js');
const pillow = JSON.parse(await readFile(new URL('fixtures/pillow.json', import.meta.url), 'utf8'));

/** Pillow's RGB as RGBA. */
function rgba({ width, height, rgb }) {
  const source = Buffer.from(rgb, 'base64');
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; ++i) data.set(source.subarray(3 * i, 3 * i + 3), 4 * i);
  return { data, width, height };
}

const flat = (width, height, [r, g, b]) => {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < data.length; i += 4) data.set([r, g, b, 255], i);
  return { data, width, height };
};

test('resizing gives the bits of Pillow', () => {
  const image = rgba(pillow.image);
  for (const expected of pillow.resized) {
    const { data } = resize(image, expected.width, expected.height);
    assert.deepEqual([...data], [...rgba(expected).data], `${expected.width} x ${expected.height}`);
  }
});

const input = (...dims) => ({ name: 'x', type: 'float32', dims });
const imagenet = preprocessingFor(input('N', 3, 224, 224), 'imagenet');
const textLine = preprocessingFor(input('N', 3, 48, 192), 'ppocr-cls');

/** Keys' cubic with a = -0.5 in double precision, as published, and clipped and rounded where Pillow does it. */
function cubicRow(row, size) {
  const scale = row.length / size;
  const stretch = Math.max(scale, 1);
  const at = (x) => {
    if (x < 1) return 1.5 * x ** 3 - 2.5 * x ** 2 + 1;
    return x < 2 ? -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 : 0;
  };
  return Array.from({ length: size }, (_, i) => {
    const weights = row.map((_value, j) => at(Math.abs((j + 0.5 - (i + 0.5) * scale) / stretch)));
    const sum = weights.reduce((total, weight) => total + weight);
    const value = row.reduce((total, pixel, j) => total + (pixel * weights[j]) / sum, 0);
    return Math.min(255, Math.max(0, Math.round(value)));
  });
}

test('bicubic is the cubic of Keys, clipped; nearest takes the pixel under the centre', () => {
  const row = [0, 255, 255, 0, 10, 200, 30, 90, 255, 1];
  const image = {
    data: new Uint8ClampedArray(row.flatMap((v) => [v, 255 - v, v, 255])),
    width: 10,
    height: 1,
  };
  const red = ({ data }) => [...data].filter((_, i) => i % 4 === 0);
  for (const size of [4, 7, 10, 23]) {
    const actual = red(resize(image, size, 1, 'bicubic'));
    cubicRow(row, size).forEach((value, i) => assert.ok(Math.abs(actual[i] - value) <= 1, `${size}: ${i}`));
    const nearest = Array.from({ length: size }, (_, i) => row[Math.floor((i + 0.5) * (10 / size))]);
    assert.deepEqual(red(resize(image, size, 1, 'nearest')), nearest);
  }
  assert.notDeepEqual(red(resize(image, 4, 1, 'bicubic')), red(resize(image, 4, 1)));
});

test('grey is the luma of Pillow', () => {
  const { width, height } = pillow.image;
  const preprocessing = preprocessingFor(input(1, 1, height, width), { resize: 'stretch' });
  const { data } = imageToTensor(rgba(pillow.image), preprocessing);
  assert.deepEqual([...data], [...Buffer.from(pillow.grey, 'base64')]);
});

test('normalises per channel and keeps the channel order', () => {
  const image = flat(300, 400, [10, 20, 30]);
  const { dims, data } = imageToTensor(image, imagenet);
  assert.deepEqual(dims, [1, 3, 224, 224]);
  const expected = [(10 - 123.675) / 58.395, (20 - 116.28) / 57.12, (30 - 103.53) / 57.375];
  expected.forEach((value, channel) => assert.ok(Math.abs(data[channel * 224 * 224] - value) < 1e-6));
  const reversed = imageToTensor(flat(192, 48, [0, 100, 255]), textLine);
  assert.deepEqual(
    [0, 1, 2].map((channel) => reversed.data[channel * 192 * 48]),
    [1, Math.fround(-27.5 / 127.5), -1],
  );
});

test('the centre is cut out of a wide image', () => {
  const image = flat(512, 256, [0, 0, 0]);
  // A white line at the very left of the crop: (512 - 224) / 2.
  for (let y = 0; y < 256; ++y) image.data.set([255, 255, 255, 255], (y * 512 + 144) * 4);
  const { data } = imageToTensor(image, preprocessingFor(input('N', 3, 224, 224), 'efficientnet-lite'));
  assert.equal(data[0], 1);
  assert.equal(data[1], Math.fround(-127 / 128));
});

test('a short text line is padded with zeros on its right', () => {
  const { dims, data } = imageToTensor(flat(96, 48, [255, 255, 255]), textLine);
  assert.deepEqual(dims, [1, 3, 48, 192]);
  assert.deepEqual([data[0], data[95], data[96], data[191], data[192]], [1, 1, 0, 0, 1]);
});

test('image files decode to the pixels of Pillow', async () => {
  for (const [name, expected] of Object.entries(pillow.decoded)) {
    const { data } = await readImage(modelFile(name));
    const rgb = data.filter((_, i) => i % 4 !== 3);
    assert.equal(createHash('sha256').update(rgb).digest('hex'), expected, name);
  }
});

test('NHWC has the channels of each pixel together; integers are rounded and kept in range', () => {
  const image = flat(4, 4, [10, 20, 255]);
  const nhwc = preprocessingFor(input(1, 4, 4, 3), { channels: 'BGR' });
  const { dims, data } = imageToTensor(image, nhwc);
  assert.deepEqual(dims, [1, 4, 4, 3]);
  assert.deepEqual([...data.subarray(0, 6)], [255, 20, 10, 255, 20, 10]);
  const bytes = imageToTensor(
    image,
    preprocessingFor({ ...input(1, 3, 4, 4), type: 'int8' }, { mean: [128] }),
  );
  assert.equal(bytes.type, 'int8');
  assert.deepEqual([bytes.data[0], bytes.data[16], bytes.data[32]], [-118, -108, 127]);
  const doubled = imageToTensor(
    image,
    preprocessingFor({ ...input(1, 3, 4, 4), type: 'uint8' }, { scale: 2.05 }),
  );
  assert.deepEqual([doubled.data[0], doubled.data[16], doubled.data[32]], [20, 41, 255]);
});

test('refuses what is no image or preprocessing', () => {
  for (const [given, message] of [
    ['imagenet', /object/],
    [{ ...imagenet, std: [1, 1] }, /'std'.*each channel of RGB/],
    [{ ...imagenet, std: [0, 1, 1] }, /'std'.*other than 0/],
    [{ ...imagenet, side: 100 }, /'side' 100 is too small/],
    [{ ...imagenet, width: 0 }, /'width'/],
    [{ ...imagenet, frob: 1 }, /no field 'frob'/],
    [{ resize: 'stretch' }, /width, height.*must be said/],
  ])
    assert.throws(() => imageToTensor(flat(4, 4, [0, 0, 0]), given), { code: 'InvalidOption', message });
  for (const image of [
    { data: new Uint8Array(4), width: 2, height: 2 },
    { data: new Uint8Array(0), width: 0, height: 0 },
  ])
    assert.throws(() => imageToTensor(image, imagenet), { code: 'InvalidInput' });
  for (const image of ['cat.jpg', undefined, { width: 2, height: 2, close: () => {} }])
    assert.throws(() => imageToTensor(image, imagenet), {
      code: 'InvalidInput',
      message: /its pixels.*getImageData.*readImage/,
    });
});
