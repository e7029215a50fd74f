// MNIST digits of models/, as tensors and as PNG files in folders that are their labels.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tensor } from 'octavo';
import { readNpy } from 'octavo/node';
import { PNG } from 'pngjs';
import { inProject } from './paths.js';

const side = 28;
const pixels = side * side;

async function bytesOf(path: string): Promise<Uint8Array> {
  return Uint8Array.from((await readNpy(inProject(path))).data as ArrayLike<number>);
}

/** Digits as mnist.onnx is fed with them. */
export async function digitTensors(count: number): Promise<Tensor[]> {
  const images = await bytesOf('models/mnist-calibration-images.npy');
  return Array.from({ length: count }, (_, index) => {
    const digit = images.subarray(index * pixels, (index + 1) * pixels);
    return new Tensor(
      'float32',
      Float32Array.from(digit, (value) => value / 255),
      [1, 1, side, side],
    );
  });
}

/** Writes test digits into folder/LABEL/NUMBER.png. */
export async function writeDigits(folder: string, count: number): Promise<void> {
  const images = await bytesOf('models/mnist-test-images.npy');
  const labels = await bytesOf('models/mnist-test-labels.npy');
  for (let index = 0; index < count; ++index) {
    const png = new PNG({ width: side, height: side });
    for (let pixel = 0; pixel < pixels; ++pixel) {
      const value = images[index * pixels + pixel] ?? 0;
      png.data.set([value, value, value, 255], pixel * 4);
    }
    const own = join(folder, String(labels[index]));
    await mkdir(own, { recursive: true });
    await writeFile(join(own, `${index}.png`), PNG.sync.write(png));
  }
}
