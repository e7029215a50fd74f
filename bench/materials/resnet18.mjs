// torchvision's ResNet-18 with batch normalization folded into the convolutions and random weights: what it computes is
// noise, but it computes it in the same time.
import { fill, normal } from '../support/random.mjs';
import { onnxModel } from './onnx.mjs';

const stages = [64, 128, 256, 512];

class Network {
  nodes = [];
  initializers = [];
  #random = normal(18);

  #constant(name, dims, scale) {
    const count = dims.reduce((product, dim) => product * dim, 1);
    this.initializers.push({ name, dims, data: fill(Float32Array, count, () => scale * this.#random()) });
    return name;
  }

  node(op, inputs, attributes) {
    const output = `v${this.nodes.length}`;
    this.nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  /** `gain` 1 is He's initialisation: what goes through a Relu keeps its variance. */
  conv(x, inputs, outputs, kernel, stride, gain = 1) {
    const name = `conv${this.nodes.length}`;
    const deviation = gain * Math.sqrt(2 / (inputs * kernel * kernel));
    const weight = this.#constant(`${name}.weight`, [outputs, inputs, kernel, kernel], deviation);
    const bias = this.#constant(`${name}.bias`, [outputs], 0.1);
    const pad = kernel >> 1;
    return this.node('Conv', [x, weight, bias], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
  }

  relu(x) {
    return this.node('Relu', [x]);
  }

  block(x, inputs, outputs, stride) {
    // Half each, so that the sum has the variance of one.
    const half = Math.SQRT1_2 / Math.SQRT2;
    const inner = this.relu(this.conv(x, inputs, outputs, 3, stride));
    const residual = this.conv(inner, outputs, outputs, 3, 1, half);
    const shortcut = stride === 1 ? x : this.conv(x, inputs, outputs, 1, stride, half);
    return this.relu(this.node('Add', [residual, shortcut]));
  }

  linear(x, inputs, outputs) {
    const weight = this.#constant('fc.weight', [outputs, inputs], Math.sqrt(1 / inputs));
    const bias = this.#constant('fc.bias', [outputs], 0.1);
    return this.node('Gemm', [x, weight, bias], { transB: 1 });
  }
}

/** ONNX bytes: `images` [1,3,224,224] to `logits` [1,1000]. */
export function makeResnet18() {
  const network = new Network();
  let x = network.relu(network.conv('images', 3, 64, 7, 2));
  x = network.node('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  let channels = 64;
  stages.forEach((outputs, stage) => {
    x = network.block(x, channels, outputs, stage === 0 ? 1 : 2);
    x = network.block(x, outputs, outputs, 1);
    channels = outputs;
  });
  x = network.node('Flatten', [network.node('GlobalAveragePool', [x])]);
  network.linear(x, 512, 1000);
  network.nodes.at(-1).outputs = ['logits'];
  return onnxModel({
    nodes: network.nodes,
    initializers: network.initializers,
    inputs: [{ name: 'images', dims: [1, 3, 224, 224] }],
    outputs: [{ name: 'logits', dims: [1, 1000] }],
  });
}
