// What a network wants its pictures to be, and the presets that are common.

/** How a picture becomes the input of a network: each channel's value v (0..255) becomes `(v * scale - mean) / std`. */
export interface Preprocessing {
  /**
   * `cover`: the shorter side becomes `side`, then the centre of `width` x `height` is cut out.
   * `fit`: the height becomes `height`, the width keeps its proportion up to `width`; zeros fill the right.
   * `stretch`: both sides become what they must, proportions or not.
   */
  resize: 'cover' | 'fit' | 'stretch';
  /** Of `cover`: by default the larger of width and height. */
  side?: number;
  width: number;
  height: number;
  layout: 'NCHW' | 'NHWC';
  channels: 'RGB' | 'BGR' | 'grey';
  /** 1 where `mean` and `std` are of values in 0..255, 1/255 where they are of values in 0..1. */
  scale: number;
  /** One number a channel, in the order of `channels`. */
  mean: readonly number[];
  std: readonly number[];
  /** Type of the tensor; integers are rounded and kept in range. */
  dtype: 'float32' | 'uint8' | 'int8';
  interpolation: 'bilinear' | 'bicubic' | 'nearest';
}

/** What a preset says; size, layout and dtype come from the network's input. */
export interface PreprocessingPreset extends Pick<
  Preprocessing,
  'resize' | 'scale' | 'mean' | 'std' | 'interpolation'
> {
  /** Whose pictures are made so, for people. */
  about: string;
  /** Absent where it serves one channel (grey) as well as three (RGB). */
  channels?: Preprocessing['channels'];
  /** `side` over the larger of width and height; by default 1. */
  sideRatio?: number;
  /** What an input without a fixed size gets. */
  usual: { width: number; height: number };
  /** Whether it is for inputs of the usual size only. */
  onlyUsual?: boolean;
}

export type PreprocessingName =
  'imagenet' | 'efficientnet-lite' | 'zero-one' | 'minus-one-one' | 'mnist' | 'ppocr-cls';

const square = (length: number) => ({ width: length, height: length });
const classifier = {
  resize: 'cover',
  sideRatio: 256 / 224,
  usual: square(224),
  interpolation: 'bilinear',
} as const;

/** The presets by name: numbers of one element hold for each channel. */
export const preprocessingPresets: Readonly<Record<PreprocessingName, PreprocessingPreset>> = {
  imagenet: {
    ...classifier,
    about: "torchvision's and timm's classifiers: ImageNet's mean and deviation",
    channels: 'RGB',
    scale: 1 / 255,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
  'efficientnet-lite': {
    ...classifier,
    about: 'EfficientNet-Lite: (value - 127) / 128',
    channels: 'RGB',
    scale: 1,
    mean: [127],
    std: [128],
  },
  'zero-one': { ...classifier, about: 'values in 0..1', scale: 1 / 255, mean: [0], std: [1] },
  'minus-one-one': {
    ...classifier,
    about: "values in -1..1: TensorFlow's MobileNet and Inception",
    scale: 1 / 255,
    mean: [0.5],
    std: [0.5],
  },
  mnist: {
    about: 'MNIST digits, white on black, in 0..1',
    resize: 'stretch',
    interpolation: 'bilinear',
    channels: 'grey',
    scale: 1 / 255,
    mean: [0],
    std: [1],
    usual: square(28),
    onlyUsual: true,
  },
  'ppocr-cls': {
    about: "PaddleOCR's text-direction classifier: BGR in -1..1, lines padded on their right",
    resize: 'fit',
    interpolation: 'bilinear',
    channels: 'BGR',
    scale: 1,
    mean: [127.5],
    std: [127.5],
    usual: { width: 192, height: 48 },
    onlyUsual: true,
  },
};

/** The presets' names, in the order in which they are offered. */
export const preprocessingNames = Object.keys(preprocessingPresets) as PreprocessingName[];

/** How many channels a tensor of these has. */
export const channelCount = (channels: Preprocessing['channels']): 1 | 3 => (channels === 'grey' ? 1 : 3);
