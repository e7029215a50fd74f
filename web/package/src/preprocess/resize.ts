// Resizing pixels, bit for bit as Pillow's Image.resize does it, so that an input is the same in Python, in Node and in every
// browser: a canvas filters differently in each.
import type { Preprocessing } from './preprocessing.js';

type Interpolation = Preprocessing['interpolation'];

/** RGBA pixels, row by row, 8 bits a channel: what a canvas's ImageData holds. */
export interface RgbaImage {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Weights are whole multiples of 2^-22: 8 bits of pixel and 2 of headroom fit beside them in an int32. */
const precisionBits = 22;

interface Window {
  start: number;
  weights: Int32Array;
}

/** A filter: its value at a distance from the centre, and the distance from which on it is 0, in pixels. */
interface Filter {
  support: number;
  at: (distance: number) => number;
}

const filters: Record<Exclude<Interpolation, 'nearest'>, Filter> = {
  bilinear: { support: 1, at: (distance) => Math.max(0, 1 - Math.abs(distance)) },
  /** Keys' cubic with a = -0.5. */
  bicubic: {
    support: 2,
    at: (distance) => {
      const a = -0.5;
      const x = Math.abs(distance);
      if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    },
  },
};

/**
 * For each output coordinate, which inputs make it, and how much of each: the filter around the centre, as wide as it is when
 * enlarging and wider by the scale factor when shrinking (antialiasing). The weights sum to 1.
 */
function filterWindows({ support, at }: Filter, inputSize: number, outputSize: number): Window[] {
  const scale = inputSize / outputSize;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  return Array.from({ length: outputSize }, (_, output) => {
    const center = (output + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.min(inputSize, Math.trunc(center + reach + 0.5));
    const parts = Array.from({ length: end - start }, (_, i) => at((start + i - center + 0.5) / stretch));
    const sum = parts.reduce((total, part) => total + part, 0);
    const weights = Int32Array.from(parts, (part) =>
      Math.trunc((part < 0 ? -0.5 : 0.5) + (part / sum) * 2 ** precisionBits),
    );
    return { start, weights };
  });
}

/** For each output coordinate the input under its centre. */
function nearestWindows(inputSize: number, outputSize: number): Window[] {
  const weights = Int32Array.of(2 ** precisionBits);
  return Array.from({ length: outputSize }, (_, output) => {
    const start = Math.min(inputSize - 1, Math.floor((output + 0.5) * (inputSize / outputSize)));
    return { start, weights };
  });
}

function windowsOf(interpolation: Interpolation, inputSize: number, outputSize: number): Window[] {
  if (interpolation === 'nearest') return nearestWindows(inputSize, outputSize);
  return filterWindows(filters[interpolation], inputSize, outputSize);
}

/** Resizes along one axis; `stride` is the distance of its neighbours and `lineStride` that of lines across it. */
function resizeAxis(
  input: Uint8Array | Uint8ClampedArray,
  output: Uint8ClampedArray,
  windows: readonly Window[],
  lines: number,
  from: { stride: number; lineStride: number },
  to: { stride: number; lineStride: number },
): void {
  for (let line = 0; line < lines; ++line) {
    windows.forEach(({ start, weights }, position) => {
      for (let channel = 0; channel < 4; ++channel) {
        let sum = 1 << (precisionBits - 1);
        let index = line * from.lineStride + start * from.stride + channel;
        for (let i = 0; i < weights.length; ++i, index += from.stride) sum += input[index] * weights[i];
        output[line * to.lineStride + position * to.stride + channel] = sum >> precisionBits;
      }
    });
  }
}

/** Resizes, antialiased but for `nearest`: rows first, then columns, rounding to 8 bits in between. */
export function resize(
  image: RgbaImage,
  width: number,
  height: number,
  interpolation: Interpolation = 'bilinear',
): RgbaImage {
  let { data } = image;
  if (width !== image.width) {
    const wide = new Uint8ClampedArray(width * image.height * 4);
    const from = { stride: 4, lineStride: image.width * 4 };
    resizeAxis(data, wide, windowsOf(interpolation, image.width, width), image.height, from, {
      stride: 4,
      lineStride: width * 4,
    });
    data = wide;
  }
  if (height !== image.height) {
    const high = new Uint8ClampedArray(width * height * 4);
    const strides = { stride: width * 4, lineStride: 4 };
    resizeAxis(data, high, windowsOf(interpolation, image.height, height), width, strides, strides);
    data = high;
  }
  return { data, width, height };
}

/** The part of an image that starts at (left, top). */
export function crop(image: RgbaImage, left: number, top: number, width: number, height: number): RgbaImage {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let row = 0; row < height; ++row) {
    const start = ((top + row) * image.width + left) * 4;
    data.set(image.data.subarray(start, start + width * 4), row * width * 4);
  }
  return { data, width, height };
}
