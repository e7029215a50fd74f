// The networks of models/ with real inputs for them.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tensor, imageToTensor, preprocessingFor } from 'octavo';
import { listFiles, readImage, readNpy } from 'octavo/node';
import { repository } from './package.mjs';

/** The path of a file under models/. */
export const modelFile = (path) => fileURLToPath(new URL(`models/${path}`, repository));
export const modelBytes = async (path) => new Uint8Array(await readFile(modelFile(path)));

/** What each preset makes of the pictures of models/. */
const inputs = {
  imagenet: [1, 3, 224, 224],
  'efficientnet-lite': [1, 3, 224, 224],
  'ppocr-cls': [1, 3, 48, 192],
};

/** Images of a folder of models/ as tensors: {name, tensor}, one at a time. */
export async function* images(folder, preset, count = Infinity) {
  const preprocessing = preprocessingFor({ name: 'x', type: 'float32', dims: inputs[preset] }, preset);
  for (const path of (await listFiles([modelFile(folder)])).slice(0, count)) {
    yield { name: basename(path), tensor: imageToTensor(await readImage(path), preprocessing) };
  }
}

async function collect(iterable) {
  const tensors = [];
  for await (const { tensor } of iterable) tensors.push(tensor);
  return tensors;
}

/** Digits of an .npy file of uint8 pixels as [count,1,28,28] batches. */
export async function digits(file, start, count) {
  const { data } = await readNpy(modelFile(file));
  const pixels = Float32Array.from(data.subarray(start * 784, (start + count) * 784), (pixel) =>
    Math.fround(pixel / 255),
  );
  return new Tensor('float32', pixels, [count, 1, 28, 28]);
}

export const photos = (count) => collect(images('photos', 'efficientnet-lite', count));
export const calibrationPhotos = (count) => collect(images('photos/calibration', 'efficientnet-lite', count));

/** Each network: its file, the names of its input and output, and five real inputs or more. */
export const networks = [
  { file: 'efficientnet-lite0.onnx', input: 'images', output: 'logits', samples: () => photos(5) },
  {
    file: 'resnet18-quarter.onnx',
    input: 'images',
    output: 'logits',
    samples: () => collect(images('photos', 'imagenet', 5)),
  },
  {
    file: 'ppocr-cls.onnx',
    input: 'x',
    output: 'softmax_0.tmp_0',
    samples: () => collect(images('ocr', 'ppocr-cls')),
  },
  {
    file: 'mnist.onnx',
    input: 'digits',
    output: 'logits',
    samples: async () => [
      ...(await Promise.all([0, 1, 2, 3, 4].map((start) => digits('mnist-test-images.npy', start, 1)))),
      await digits('mnist-test-images.npy', 5, 11),
    ],
  },
];
