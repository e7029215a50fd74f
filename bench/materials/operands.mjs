// Operands of one operator, float and int8, with the answer of the plain definition. Every scale is a power of two, so that
// every runtime's arithmetic is exact but for the way it rounds a half.
import { fill, uniform } from '../support/random.mjs';

/**
 * What is computed, over NHWC: {name, op, h, w, c, oh, ow, oc, kernel, stride, depthwise}. A matrix product is a 1×1
 * convolution of M pixels. Weights are [oc, kernel, kernel, c / groups].
 */
export function convolution([size, inputs, outputs, kernel, stride], depthwise, name) {
  const out = Math.floor((size - 1) / stride) + 1;
  return {
    ...{
      name,
      op: 'Conv',
      h: size,
      w: size,
      c: inputs,
      oh: out,
      ow: out,
      oc: outputs,
      kernel,
      stride,
      depthwise,
    },
    macs: out * out * outputs * kernel * kernel * (depthwise ? 1 : inputs),
  };
}

export function product([m, n, k], name) {
  return {
    ...{ name, op: 'MatMul', h: m, w: 1, c: k, oh: m, ow: 1, oc: n, kernel: 1, stride: 1, depthwise: false },
    macs: m * n * k,
  };
}

const groupChannels = ({ c, depthwise }) => (depthwise ? 1 : c);
const depth = (what) => what.kernel * what.kernel * groupChannels(what);

/** Sums of products into [oh, ow, oc], `padding` outside of the input; in float64, which holds them all exactly. */
function sums(what, input, weights, padding) {
  const { h, w, c, oh, ow, oc, kernel, stride, depthwise } = what;
  const channels = groupChannels(what);
  const pad = kernel >> 1;
  // [tap][channel][output]: the innermost loop runs over memory.
  const transposed = new Float64Array(weights.length);
  for (let o = 0; o < oc; ++o)
    for (let i = 0; i < depth(what); ++i) transposed[i * oc + o] = weights[o * depth(what) + i];
  const result = new Float64Array(oh * ow * oc);
  for (let position = 0; position < oh * ow; ++position) {
    const acc = result.subarray(position * oc, (position + 1) * oc);
    for (let tap = 0; tap < kernel * kernel; ++tap) {
      const y = Math.floor(position / ow) * stride + Math.floor(tap / kernel) - pad;
      const x = (position % ow) * stride + (tap % kernel) - pad;
      const inside = y >= 0 && y < h && x >= 0 && x < w;
      const pixel = (y * w + x) * c;
      if (depthwise) {
        for (let o = 0; o < oc; ++o)
          acc[o] += (inside ? input[pixel + o] : padding) * transposed[tap * oc + o];
        continue;
      }
      for (let i = 0; i < channels; ++i) {
        const value = inside ? input[pixel + i] : padding;
        const row = (tap * channels + i) * oc;
        for (let o = 0; o < oc; ++o) acc[o] += value * transposed[row + o];
      }
    }
  }
  return result;
}

/** {input, weights, bias, expected}: multiples of 1/8 in [-1, 1], whose sums float32 holds exactly. */
export function floatOperands(what) {
  const random = uniform(1);
  const number = () => (Math.floor(random() * 17) - 8) / 8;
  const input = fill(Float32Array, what.h * what.w * what.c, number);
  const weights = fill(Float32Array, what.oc * depth(what), number);
  const bias = fill(Float32Array, what.oc, what.op === 'MatMul' ? () => 0 : number);
  const expected = Float32Array.from(sums(what, input, weights, 0), (sum, i) => sum + bias[i % what.oc]);
  return { input, weights, bias, expected };
}

const roundHalfEven = (x) => {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
};

/**
 * u8 activations up to `most` (255 or 127), s8 weights per channel: {input, weights, bias, expected, inScale, inZero,
 * weightScale, outScale, outZero, most}.
 */
export function int8Operands(what, most) {
  const random = uniform(2);
  const input = fill(Uint8Array, what.h * what.w * what.c, () => Math.floor(random() * (most + 1)));
  const inZero = (most + 1) / 2;
  // Four uniform numbers make a bell, as weights have.
  const bell = () => Math.floor((random() + random() + random() + random()) * 63.5) - 127;
  const weights = fill(Int8Array, what.oc * depth(what), bell);
  const noBias = what.op === 'MatMul';
  const bias = fill(Int32Array, what.oc, () => (noBias ? 0 : Math.floor(random() * 2001) - 1000));
  const inScale = 2 ** -6;
  const weightScale = Float32Array.from(bias, (_, i) => 2 ** (i % 2 === 0 ? -8 : -7));
  // An accumulator deviates by about sqrt(depth) · rms(activation) · 37; that becomes about an eighth of the range.
  const deviation = Math.sqrt(depth(what)) * most * 0.29 * 37 * inScale * 2 ** -7;
  const outScale = 2 ** Math.round(Math.log2((8 * deviation) / most));
  const outZero = inZero;
  const accumulators = sums(
    what,
    Int16Array.from(input, (x) => x - inZero),
    weights,
    0,
  );
  const expected = Uint8Array.from(accumulators, (acc, i) => {
    const channel = i % what.oc;
    const scaled = ((acc + bias[channel]) * inScale * weightScale[channel]) / outScale;
    return Math.min(Math.max(roundHalfEven(scaled) + outZero, 0), most);
  });
  return { input, weights, bias, expected, inScale, inZero, weightScale, outScale, outZero, most };
}

/** [pixels, channels] to [channels, pixels]. */
export function channelsFirst(array, channels) {
  const pixels = array.length / channels;
  const result = new array.constructor(array.length);
  for (let p = 0; p < pixels; ++p)
    for (let c = 0; c < channels; ++c) result[c * pixels + p] = array[p * channels + c];
  return result;
}

/** [oc, kernel, kernel, channels] to ONNX's [oc, channels, kernel, kernel]. */
export function weightsOihw(weights, what) {
  const taps = what.kernel * what.kernel;
  const channels = groupChannels(what);
  const result = new weights.constructor(weights.length);
  for (let o = 0; o < what.oc; ++o)
    for (let tap = 0; tap < taps; ++tap)
      for (let i = 0; i < channels; ++i)
        result[(o * channels + i) * taps + tap] = weights[(o * taps + tap) * channels + i];
  return result;
}

/** [oc, kernel, kernel, channels] to [kernel, kernel, channels, oc], a matrix [k, n] for a product. */
export function weightsHwio(weights, what) {
  return channelsFirst(weights, depth(what));
}
