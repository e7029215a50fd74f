// One operator as an ONNX file: float, or quantized between DequantizeLinear and QuantizeLinear.
import { channelsFirst, weightsHwio, weightsOihw } from './operands.mjs';
import { onnxModel } from './onnx.mjs';

const isProduct = ({ op }) => op === 'MatMul';

/** Dims of input and output, and tensors of [pixels, channels] in their order. */
function layout(what) {
  if (isProduct(what)) {
    const same = (array) => array;
    return { inDims: [what.h, what.c], outDims: [what.oh, what.oc], toInput: same, toOutput: same };
  }
  return {
    inDims: [1, what.c, what.h, what.w],
    outDims: [1, what.oc, what.oh, what.ow],
    toInput: (array) => channelsFirst(array, what.c),
    toOutput: (array) => channelsFirst(array, what.oc),
  };
}

function operatorNode(what, inputs, output) {
  if (isProduct(what)) return { op: 'MatMul', inputs: inputs.slice(0, 2), outputs: [output] };
  const pad = what.kernel >> 1;
  const attributes = {
    kernel_shape: [what.kernel, what.kernel],
    strides: [what.stride, what.stride],
    pads: [pad, pad, pad, pad],
    group: what.depthwise ? what.c : 1,
  };
  return { op: 'Conv', inputs, outputs: [output], attributes };
}

function weightInitializer(what, weights) {
  if (isProduct(what)) return { name: 'w', dims: [what.c, what.oc], data: weightsHwio(weights, what) };
  const channels = what.depthwise ? 1 : what.c;
  const dims = [what.oc, channels, what.kernel, what.kernel];
  return { name: 'w', dims, data: weightsOihw(weights, what) };
}

/** {bytes, feeds, expected, output}. */
export function floatOnnx(what, { input, weights, bias, expected }) {
  const { inDims, outDims, toInput, toOutput } = layout(what);
  const initializers = [weightInitializer(what, weights)];
  if (!isProduct(what)) initializers.push({ name: 'b', dims: [what.oc], data: bias });
  const bytes = onnxModel({
    nodes: [operatorNode(what, ['x', 'w', 'b'], 'y')],
    initializers,
    inputs: [{ name: 'x', dims: inDims }],
    outputs: [{ name: 'y', dims: outDims }],
  });
  const feeds = { x: { type: 'float32', data: toInput(input), dims: inDims } };
  return { bytes, feeds, expected: toOutput(expected), output: 'y' };
}

/**
 * The same of int8, from uint8 to uint8. Where activations stop at 127, the nodes say so to Octavo in their metadata, as
 * the files that it writes do.
 */
export function int8Onnx(what, operands) {
  const { inScale, inZero, weightScale, outScale, outZero, most } = operands;
  const { inDims, outDims, toInput, toOutput } = layout(what);
  const metadata = most === 127 ? { 'octavo.qmax': '127' } : {};
  const scalar = (name, data) => ({ name, dims: [], data });
  const channels = (name, data) => ({ name, dims: [what.oc], data });
  const initializers = [
    weightInitializer(what, operands.weights),
    scalar('x_scale', Float32Array.of(inScale)),
    scalar('x_zero', Uint8Array.of(inZero)),
    channels('w_scale', weightScale),
    channels('w_zero', new Int8Array(what.oc)),
    scalar('y_scale', Float32Array.of(outScale)),
    scalar('y_zero', Uint8Array.of(outZero)),
  ];
  const axis = isProduct(what) ? 1 : 0;
  const nodes = [
    { op: 'DequantizeLinear', inputs: ['x', 'x_scale', 'x_zero'], outputs: ['xf'], metadata },
    { op: 'DequantizeLinear', inputs: ['w', 'w_scale', 'w_zero'], outputs: ['wf'], attributes: { axis } },
  ];
  if (!isProduct(what)) {
    initializers.push(channels('b', operands.bias));
    initializers.push(
      channels(
        'b_scale',
        weightScale.map((scale) => scale * inScale),
      ),
    );
    initializers.push(channels('b_zero', new Int32Array(what.oc)));
    nodes.push({
      op: 'DequantizeLinear',
      inputs: ['b', 'b_scale', 'b_zero'],
      outputs: ['bf'],
      attributes: { axis: 0 },
    });
  }
  nodes.push(operatorNode(what, ['xf', 'wf', 'bf'], 'yf'));
  nodes.push({ op: 'QuantizeLinear', inputs: ['yf', 'y_scale', 'y_zero'], outputs: ['y'], metadata });
  const bytes = onnxModel({
    nodes,
    initializers,
    inputs: [{ name: 'x', type: 'uint8', dims: inDims }],
    outputs: [{ name: 'y', type: 'uint8', dims: outDims }],
  });
  const feeds = { x: { type: 'uint8', data: toInput(operands.input), dims: inDims } };
  return { bytes, feeds, expected: toOutput(operands.expected), output: 'y' };
}
