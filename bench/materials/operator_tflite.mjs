// One operator as a .tflite file: float, or int8 between QUANTIZE and DEQUANTIZE, as LiteRT.js takes no int8 tensors.
import { operators, tfliteModel } from './tflite.mjs';

const isProduct = ({ op }) => op === 'MatMul';

/** Stride, dilation 1 and SAME padding (0) in the order of Conv2DOptions or DepthwiseConv2DOptions. */
function operatorOf(what, version) {
  const node = { inputs: [0, 1, 2], outputs: [3], version };
  const stride = ['Int32', what.stride];
  const one = ['Int32', 1];
  if (isProduct(what)) return { ...node, code: operators.FULLY_CONNECTED, options: { type: 8, fields: {} } };
  if (what.depthwise) {
    const fields = { 0: ['Int8', 0], 1: stride, 2: stride, 3: one, 5: one, 6: one };
    return { ...node, code: operators.DEPTHWISE_CONV_2D, options: { type: 2, fields } };
  }
  const fields = { 0: ['Int8', 0], 1: stride, 2: stride, 4: one, 5: one };
  return { ...node, code: operators.CONV_2D, options: { type: 1, fields } };
}

function dimsOf(what) {
  if (isProduct(what)) return { x: [what.h, what.c], w: [what.oc, what.c], y: [what.oh, what.oc] };
  const { kernel } = what;
  return {
    x: [1, what.h, what.w, what.c],
    w: what.depthwise ? [1, kernel, kernel, what.oc] : [what.oc, kernel, kernel, what.c],
    y: [1, what.oh, what.ow, what.oc],
  };
}

/** [oc, taps] to [taps, oc] for depthwise filters, which TensorFlow Lite stores channels last. */
export function filterTflite(what, weights) {
  if (!what.depthwise) return weights;
  const taps = what.kernel * what.kernel;
  const result = new weights.constructor(weights.length);
  for (let o = 0; o < what.oc; ++o)
    for (let t = 0; t < taps; ++t) result[t * what.oc + o] = weights[o * taps + t];
  return result;
}

/** {bytes, feeds, expected, output}; outputs go by their index. */
export function floatTflite(what, { input, weights, bias, expected }) {
  const dims = dimsOf(what);
  const type = 'float32';
  const bytes = tfliteModel({
    tensors: [
      { name: 'x', type, dims: dims.x },
      { name: 'w', type, dims: dims.w, data: filterTflite(what, weights) },
      { name: 'b', type, dims: [what.oc], data: bias },
      { name: 'y', type, dims: dims.y },
    ],
    nodes: [operatorOf(what, 1)],
    inputs: [0],
    outputs: [3],
  });
  return { bytes, feeds: { x: { type, data: input, dims: dims.x } }, expected, output: 0 };
}

const quantize = { code: operators.QUANTIZE, version: 2, inputs: [4], outputs: [0] };
const dequantize = { code: operators.DEQUANTIZE, version: 2 };

/** The float tensor that quantizes to these integers. */
const dequantized = (array, scale, zero) => Float32Array.from(array, (q) => (q - zero) * scale);

function int8Tensors(what, operands) {
  const dims = dimsOf(what);
  const { inScale, inZero, weightScale, outScale, outZero } = operands;
  const scales = [...weightScale];
  const zeros = scales.map(() => 0);
  // int8 is uint8 minus 128, zero points as well.
  const x = { scale: [inScale], zero: [inZero - 128] };
  const y = { scale: [outScale], zero: [outZero - 128] };
  const w = { scale: scales, zero: zeros, axis: what.depthwise ? 3 : 0 };
  const b = { scale: scales.map((scale) => scale * inScale), zero: zeros };
  return [
    { name: 'x', type: 'int8', dims: dims.x, quantization: x },
    { name: 'w', type: 'int8', dims: dims.w, quantization: w, data: filterTflite(what, operands.weights) },
    { name: 'b', type: 'int32', dims: [what.oc], quantization: b, data: operands.bias },
    { name: 'y', type: 'int8', dims: dims.y, quantization: y },
    { name: 'xf', type: 'float32', dims: dims.x },
    { name: 'yf', type: 'float32', dims: dims.y },
  ];
}

export function int8Tflite(what, operands) {
  const version = isProduct(what) ? 4 : 3;
  const bytes = tfliteModel({
    tensors: int8Tensors(what, operands),
    nodes: [quantize, operatorOf(what, version), { ...dequantize, inputs: [3], outputs: [5] }],
    inputs: [4],
    outputs: [5],
  });
  const { inScale, inZero, outScale, outZero } = operands;
  const data = dequantized(operands.input, inScale, inZero);
  return {
    bytes,
    feeds: { x: { type: 'float32', data, dims: dimsOf(what).x } },
    expected: dequantized(operands.expected, outScale, outZero),
    output: 0,
  };
}

/** Quantizes the input and dequantizes it again: what int8Tflite spends beside its operator, or a little more. */
export function conversionsTflite(what, operands) {
  const [x] = int8Tensors(what, operands);
  const { dims } = x;
  const bytes = tfliteModel({
    tensors: [x, { name: 'xf', type: 'float32', dims }, { name: 'yf', type: 'float32', dims }],
    nodes: [
      { ...quantize, inputs: [1] },
      { ...dequantize, inputs: [0], outputs: [2] },
    ],
    inputs: [1],
    outputs: [2],
  });
  const data = dequantized(operands.input, operands.inScale, operands.inZero);
  return { bytes, feeds: { x: { type: 'float32', data, dims } }, expected: data, output: 0 };
}
