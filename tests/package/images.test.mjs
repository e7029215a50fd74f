// From pixels to tensors.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { imagePresets, imageToTensor, presetForInput } from 'octavo';
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

test('grey is the luma of Pillow', () => {
  const { width, height } = pillow.image;
  const preset = { ...imagePresets.mnist, width, height, std: [1] };
  const { data } = imageToTensor(rgba(pillow.image), preset);
  assert.deepEqual([...data], [...Buffer.from(pillow.grey, 'base64')]);
});

test('normalises per channel and keeps the channel order', () => {
  const image = flat(300, 400, [10, 20, 30]);
  const { dims, data } = imageToTensor(image, 'imagenet');
  assert.deepEqual(dims, [1, 3, 224, 224]);
  const expected = [(10 - 123.675) / 58.395, (20 - 116.28) / 57.12, (30 - 103.53) / 57.375];
  expected.forEach((value, channel) => assert.ok(Math.abs(data[channel * 224 * 224] - value) < 1e-6));
  const reversed = imageToTensor(flat(192, 48, [0, 100, 255]), 'ppocr-cls');
  assert.deepEqual(
    [0, 1, 2].map((channel) => reversed.data[channel * 192 * 48]),
    [1, Math.fround(-27.5 / 127.5), -1],
  );
});

test('the centre is cut out of a wide image', () => {
  const image = flat(512, 256, [0, 0, 0]);
  // A white line at the very left of the crop: (512 - 224) / 2.
  for (let y = 0; y < 256; ++y) image.data.set([255, 255, 255, 255], (y * 512 + 144) * 4);
  const { data } = imageToTensor(image, 'efficientnet-lite');
  assert.equal(data[0], 1);
  assert.equal(data[1], Math.fround(-127 / 128));
});

test('a short text line is padded with zeros on its right', () => {
  const { dims, data } = imageToTensor(flat(96, 48, [255, 255, 255]), 'ppocr-cls');
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

test('the preset follows from the size of the input', () => {
  const input = (...dims) => ({ name: 'x', type: 'float32', dims });
  assert.equal(presetForInput(input('N', 3, 224, 224)), 'efficientnet-lite');
  assert.equal(presetForInput(input(1, 1, 28, 28)), 'mnist');
  assert.equal(presetForInput(input('N', 3, 48, 192)), 'ppocr-cls');
  assert.equal(presetForInput(input('N', 3, 'H', 'W')), undefined);
  assert.equal(presetForInput({ ...input('N', 3, 224, 224), type: 'uint8' }), undefined);
});

test('refuses what is no image or preset', () => {
  assert.throws(() => imageToTensor(flat(4, 4, [0, 0, 0]), 'none'), {
    code: 'InvalidOption',
    message: /'none'/,
  });
  assert.throws(() => imageToTensor({ data: new Uint8Array(4), width: 2, height: 2 }, 'mnist'), {
    code: 'InvalidInput',
  });
  assert.throws(() => imageToTensor({ data: new Uint8Array(0), width: 0, height: 0 }, 'mnist'), {
    code: 'InvalidInput',
  });
});
