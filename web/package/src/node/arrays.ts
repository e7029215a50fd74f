// Arrays to samples: which are pictures, and how many of them.
import { OctavoError } from '../error.js';
import type { ValueDescription } from '../native.js';
import { imageToTensor } from '../preprocess/image_to_tensor.js';
import { candidatesFor } from '../preprocess/picture_input.js';
import { channelCount, type Preprocessing } from '../preprocess/preprocessing.js';
import type { RgbaImage } from '../preprocess/resize.js';
import { Tensor, type TensorData } from '../tensor.js';
import { contentError } from './files.js';

/** How the elements of files become those of an input. */
export interface SampleOptions {
  /** Of pictures, and of arrays of bytes that hold pictures. */
  preprocessing?: Preprocessing | undefined;
  /** What each element of an array of bytes is multiplied by, for an input of floats that is no picture. */
  scale?: number | undefined;
}

/**
 * The samples in an array. Bytes for an input that takes pictures are pictures: [height, width], with channels first or last,
 * and with their number before that. Any other array has the input's shape, lacks its batch of 1, or is a stack of such.
 * @throws OctavoError `InvalidData`, `InvalidOption` for bytes without preprocessing or scale
 */
export function arraySamples(
  path: string,
  array: Tensor,
  input: ValueDescription,
  { preprocessing, scale }: SampleOptions,
): Tensor[] {
  const asTheyAre = array.type !== 'uint8' || (input.type === 'uint8' && fits(array, input));
  if (asTheyAre) return unstacked(array, input, preprocessing);
  if (preprocessing) return bytePictures(path, array as Tensor<'uint8'>, preprocessing);
  if (input.type !== 'float32') return unstacked(array, input, preprocessing);
  if (scale === undefined)
    throw howUnsaid(`${path} holds bytes and input '${input.name}' takes floats`, path, input);
  const scaled = Float32Array.from(array.data as Uint8Array, (value) => value * scale);
  return unstacked(new Tensor('float32', scaled, array.dims), input, preprocessing);
}

/** An error that ends with what to say: the presets that fit the input, if it takes pictures, or a scale. */
export function howUnsaid(problem: string, path: string, input: ValueDescription): OctavoError {
  const names = candidatesFor(input);
  const presets = names.length > 0 ? `preprocessing (${names.join(', ')}) or ` : '';
  return new OctavoError('InvalidOption', `${problem}: say ${presets}a scale, for example 1/255`, {
    file: path,
  });
}

/** Whether an array's sizes are those of the input, as far as these are fixed. */
function fits({ dims }: Tensor, input: ValueDescription): boolean {
  const wanted = input.dims;
  if (!wanted) return true;
  return (
    dims.length === wanted.length &&
    wanted.every((size, axis) => typeof size === 'string' || size === dims[axis])
  );
}

/**
 * One sample of each element of the first dimension where that counts samples: before the input's whole shape, as the batch of
 * pictures, or as a batch where the input's is of 1. Types are left as they are: a wrong one is for the engine to name.
 */
function unstacked(
  array: Tensor,
  input: ValueDescription,
  preprocessing: Preprocessing | undefined,
): Tensor[] {
  const { dims } = input;
  if (!dims) return [array];
  const [count] = array.dims;
  const one = [1, ...array.dims.slice(1)];
  if (array.dims.length === dims.length + 1) return split(array, count, array.dims.slice(1));
  if (array.dims.length === dims.length)
    return (preprocessing || dims[0] === 1) && count > 1 ? split(array, count, one) : [array];
  if (array.dims.length + 1 !== dims.length) return [array];
  // A stack of grey pictures lacks the dimension of one channel, which is not counted.
  const grey = preprocessing?.channels === 'grey' && !fits(batched(array, [1, ...array.dims]), input);
  if (!grey) return [batched(array, [1, ...array.dims])];
  const { layout } = preprocessing;
  const [height, width] = array.dims.slice(1);
  return split(array, count, layout === 'NCHW' ? [1, 1, height, width] : [1, height, width, 1]);
}

const batched = ({ type, data }: Tensor, dims: number[]) => new Tensor(type, data as TensorData, dims);

function split({ type, data }: Tensor, count: number, dims: readonly number[]): Tensor[] {
  const each = count === 0 ? 0 : data.length / count;
  return Array.from(
    { length: count },
    (_, i) => new Tensor(type, data.slice(i * each, (i + 1) * each) as TensorData, dims),
  );
}

function bytePictures(path: string, { data, dims }: Tensor<'uint8'>, preprocessing: Preprocessing): Tensor[] {
  const form = formOf(dims, channelCount(preprocessing.channels));
  if (!form)
    throw contentError(
      path,
      `holds bytes [${dims.join(', ')}], which are no pictures: those are [count, height, width], with channels (1 or 3) first or last`,
    );
  const each = form.width * form.height * form.channels;
  return Array.from({ length: form.count }, (_, i) =>
    imageToTensor(rgbaOf(data.subarray(i * each, (i + 1) * each), form), preprocessing),
  );
}

interface Form {
  count: number;
  height: number;
  width: number;
  channels: number;
  channelsFirst: boolean;
}

/** How an array of bytes holds pictures for a network of so many channels. */
function formOf(dims: readonly number[], wanted: 1 | 3): Form | undefined {
  const isChannels = (size: number) => size === 1 || size === 3;
  if (dims.length === 2)
    return { count: 1, height: dims[0], width: dims[1], channels: 1, channelsFirst: false };
  if (dims.length === 3) {
    if (isChannels(dims[2])) return formOf([1, ...dims], wanted);
    if (dims[0] === 3 && wanted === 3) return formOf([1, ...dims], wanted);
    return { count: dims[0], height: dims[1], width: dims[2], channels: 1, channelsFirst: false };
  }
  if (dims.length !== 4) return undefined;
  const [count, a, b, c] = dims;
  if (isChannels(a) && !(isChannels(c) && a !== wanted))
    return { count, height: b, width: c, channels: a, channelsFirst: true };
  if (isChannels(c)) return { count, height: a, width: b, channels: c, channelsFirst: false };
  return undefined;
}

/** Pixels of RGB or grey bytes. */
function rgbaOf(bytes: Uint8Array, { width, height, channels, channelsFirst }: Form): RgbaImage {
  const plane = width * height;
  const data = new Uint8ClampedArray(plane * 4).fill(255);
  const [pixelStride, channelStride] = channelsFirst ? [1, plane] : [channels, 1];
  for (let pixel = 0; pixel < plane; ++pixel)
    for (let channel = 0; channel < 3; ++channel)
      data[pixel * 4 + channel] = bytes[pixel * pixelStride + (channels === 3 ? channel : 0) * channelStride];
  return { data, width, height };
}
