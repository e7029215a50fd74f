// From pixels to the input of an image network. The presets are those of models/README.md.
import { OctavoError } from '../error.js';
import type { ValueDescription } from '../native.js';
import { Tensor } from '../tensor.js';
import { crop, resize, type RgbaImage } from './resize.js';

export type { RgbaImage } from './resize.js';

/** How an image becomes a float32 tensor [1, channels, height, width]: `(pixel - mean) / std`, pixels in 0..255. */
export interface ImagePreset {
  /**
   * `cover`: the shorter side becomes `side`, then the centre of width x height is cut out.
   * `fit`: the height becomes `height`, the width keeps its proportion up to `width`; zeros fill the right.
   * `stretch`: both sides become what they must, proportions or not.
   */
  resize: { how: 'cover'; side: number } | { how: 'fit' } | { how: 'stretch' };
  width: number;
  height: number;
  channels: 'RGB' | 'BGR' | 'grey';
  /** One number a channel, in the order of `channels`. */
  mean: readonly number[];
  std: readonly number[];
}

const classifierFrame = {
  resize: { how: 'cover', side: 256 },
  width: 224,
  height: 224,
  channels: 'RGB',
} as const;

/** The presets by name. */
export const imagePresets = {
  /** EfficientNet-Lite, as TensorFlow trains it. */
  'efficientnet-lite': { ...classifierFrame, mean: [127, 127, 127], std: [128, 128, 128] },
  /** torchvision's classifiers, among them ResNet. */
  imagenet: { ...classifierFrame, mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
  /** PaddleOCR's text-direction classifier. */
  'ppocr-cls': {
    resize: { how: 'fit' },
    width: 192,
    height: 48,
    channels: 'BGR',
    mean: [127.5, 127.5, 127.5],
    std: [127.5, 127.5, 127.5],
  },
  /** MNIST digits, white on black. */
  mnist: { resize: { how: 'stretch' }, width: 28, height: 28, channels: 'grey', mean: [0], std: [255] },
} as const satisfies Record<string, ImagePreset>;

export type ImagePresetName = keyof typeof imagePresets;

/**
 * An image as the input of a network. Transparency is ignored.
 * @param image pixels, for example of a canvas; in Node `readImage` of `octavo/node` decodes files
 * @returns float32 [1, channels, height, width]
 * @throws OctavoError `InvalidOption` for an unknown preset, `InvalidInput` for no pixels
 */
export function imageToTensor(image: RgbaImage, preset: ImagePresetName | ImagePreset): Tensor<'float32'> {
  const chosen = typeof preset === 'string' ? presetOfName(preset) : preset;
  if (!(image.width > 0 && image.height > 0 && image.data.length === image.width * image.height * 4)) {
    throw new OctavoError(
      'InvalidInput',
      `an image of ${image.width} x ${image.height} needs 4 bytes for each pixel`,
    );
  }
  return normalise(frame(image, chosen), chosen);
}

function presetOfName(name: ImagePresetName): ImagePreset {
  if (Object.hasOwn(imagePresets, name)) return imagePresets[name];
  const known = Object.keys(imagePresets).join(', ');
  throw new OctavoError('InvalidOption', `there is no image preset '${name}'; there are ${known}`);
}

/** Resizes and crops as the preset says; `fit` may leave the image narrower than the preset's width. */
function frame(image: RgbaImage, { resize: how, width, height }: ImagePreset): RgbaImage {
  if (how.how === 'stretch') return resize(image, width, height);
  if (how.how === 'fit') {
    const proportional = Math.ceil((image.width * height) / image.height);
    return resize(image, Math.min(width, Math.max(1, proportional)), height);
  }
  const factor = how.side / Math.min(image.width, image.height);
  const side = (length: number) => Math.max(how.side, roundHalfEven(length * factor));
  const resized = resize(image, side(image.width), side(image.height));
  const left = Math.floor((resized.width - width) / 2);
  const top = Math.floor((resized.height - height) / 2);
  return crop(resized, left, top, width, height);
}

/** As Python's round. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function normalise(image: RgbaImage, { width, height, channels, mean, std }: ImagePreset): Tensor<'float32'> {
  const plane = width * height;
  const values = new Float32Array(channels.length === 3 ? 3 * plane : plane);
  const sources = { RGB: [0, 1, 2], BGR: [2, 1, 0], grey: [0] }[channels];
  sources.forEach((source, channel) => {
    const table = Float32Array.from({ length: 256 }, (_, pixel) =>
      Math.fround(Math.fround(pixel - Math.fround(mean[channel])) / Math.fround(std[channel])),
    );
    for (let y = 0; y < height; ++y) {
      for (let x = 0; x < image.width; ++x) {
        const pixel = (y * image.width + x) * 4;
        const value = channels === 'grey' ? luminance(image.data, pixel) : image.data[pixel + source];
        values[channel * plane + y * width + x] = table[value];
      }
    }
  });
  return new Tensor('float32', values, [1, sources.length, height, width]);
}

/** ITU-R 601-2 luma in 16-bit fixed point, as Pillow's convert("L"). */
function luminance(data: RgbaImage['data'], pixel: number): number {
  return (data[pixel] * 19595 + data[pixel + 1] * 38470 + data[pixel + 2] * 7471 + 0x8000) >> 16;
}

/** The first preset that makes the size an input asks for; undefined where none does, or the input asks for no size. */
export function presetForInput(input: ValueDescription): ImagePresetName | undefined {
  const names = Object.keys(imagePresets) as ImagePresetName[];
  return names.find((name) => {
    const { channels, height, width } = imagePresets[name];
    const [batch, ...sizes] = input.dims ?? [];
    const fitting = [channels === 'grey' ? 1 : 3, height, width];
    const anyBatch = typeof batch === 'string' || batch === 1;
    return (
      input.type === 'float32' &&
      anyBatch &&
      sizes.length === 3 &&
      sizes.every((size, i) => size === fitting[i])
    );
  });
}
