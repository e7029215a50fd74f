// From pixels to the input of a network.
import { OctavoError } from '../error.js';
import { Tensor, elementTypes, type TensorData } from '../tensor.js';
import { checkPreprocessing } from './check.js';
import type { Preprocessing } from './preprocessing.js';
import { crop, resize, type RgbaImage } from './resize.js';

/**
 * An image as the input of a network. Transparency is ignored.
 * @param image pixels, for example of a canvas; in Node `readImage` of `octavo/node` decodes files
 * @param preprocessing `preprocessingFor(model.inputs[0], 'imagenet')` makes one
 * @returns [1, channels, height, width], or [1, height, width, channels], as `layout` says
 * @throws OctavoError `InvalidOption` for preprocessing that is not whole, `InvalidInput` for no pixels
 */
export function imageToTensor(image: RgbaImage, preprocessing: Preprocessing): Tensor {
  const checked = checkPreprocessing(preprocessing);
  const { data, width: across, height: down } = Object(image) as Partial<RgbaImage>;
  if (!data || across === undefined || down === undefined)
    throw new OctavoError(
      'InvalidInput',
      "an image is its pixels, { width, height, data }: a canvas' getImageData gives them, readImage of octavo/node in Node",
    );
  if (!(image.width > 0 && image.height > 0 && image.data.length === image.width * image.height * 4)) {
    throw new OctavoError(
      'InvalidInput',
      `an image of ${image.width} x ${image.height} needs 4 bytes for each pixel`,
    );
  }
  return normalise(frame(image, checked), checked);
}

/** Resizes and crops; `fit` may leave the image narrower than the input. */
function frame(image: RgbaImage, preprocessing: Preprocessing): RgbaImage {
  const { resize: how, width, height, interpolation } = preprocessing;
  if (how === 'stretch') return resize(image, width, height, interpolation);
  if (how === 'fit') {
    const proportional = Math.ceil((image.width * height) / image.height);
    return resize(image, Math.min(width, Math.max(1, proportional)), height, interpolation);
  }
  const shorter = preprocessing.side ?? Math.max(width, height);
  const factor = shorter / Math.min(image.width, image.height);
  const side = (length: number) => Math.max(shorter, roundHalfEven(length * factor));
  const resized = resize(image, side(image.width), side(image.height), interpolation);
  const left = Math.floor((resized.width - width) / 2);
  const top = Math.floor((resized.height - height) / 2);
  return crop(resized, left, top, width, height);
}

/** As Python's round. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function normalise(image: RgbaImage, preprocessing: Preprocessing): Tensor {
  const { width, height, channels, layout, dtype } = preprocessing;
  const sources = { RGB: [0, 1, 2], BGR: [2, 1, 0], grey: [0] }[channels];
  const values = new elementTypes[dtype].array(sources.length * width * height);
  const [pixelStride, channelStride] = layout === 'NCHW' ? [1, width * height] : [sources.length, 1];
  sources.forEach((source, channel) => {
    const table = valuesOf(channel, preprocessing);
    for (let y = 0; y < height; ++y) {
      for (let x = 0; x < image.width; ++x) {
        const pixel = (y * image.width + x) * 4;
        const value = channels === 'grey' ? luminance(image.data, pixel) : image.data[pixel + source];
        values[(y * width + x) * pixelStride + channel * channelStride] = table[value];
      }
    }
  });
  const sizes = layout === 'NCHW' ? [sources.length, height, width] : [height, width, sources.length];
  return new Tensor(dtype, values as TensorData<typeof dtype>, [1, ...sizes]);
}

/** What each of the 256 values of a channel becomes, computed in float32 as PyTorch and NumPy do. */
function valuesOf(channel: number, { scale, mean, std, dtype }: Preprocessing): Float32Array {
  const { fround } = Math;
  const made = Float32Array.from(
    { length: 256 },
    (_, value) => fround(fround(value * scale) - fround(mean[channel])) / fround(std[channel]),
  );
  if (dtype === 'float32') return made;
  const [least, most] = dtype === 'uint8' ? [0, 255] : [-128, 127];
  return made.map((value) => Math.min(most, Math.max(least, roundHalfEven(value))));
}

/** ITU-R 601-2 luma in 16-bit fixed point, as Pillow's convert("L"). */
function luminance(data: RgbaImage['data'], pixel: number): number {
  return (data[pixel] * 19595 + data[pixel + 1] * 38470 + data[pixel + 2] * 7471 + 0x8000) >> 16;
}
