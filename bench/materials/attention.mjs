// Attention as exporters spell it, each head by itself: y = softmax(scale · q · kᵀ) · v.
import { numbers, operatorModel } from './operator_model.mjs';

/** `length` tokens look at `cached` ones. */
function attend({ heads, size, length, cached, scale }, q, k, v) {
  const y = new Float32Array(heads * length * size);
  const weights = new Float64Array(cached);
  for (let row = 0; row < heads * length; ++row) {
    const keys = Math.floor(row / length) * cached * size;
    for (let j = 0; j < cached; ++j) {
      let score = 0;
      for (let i = 0; i < size; ++i) score += q[row * size + i] * k[keys + j * size + i];
      weights[j] = Math.exp(score * scale);
    }
    const sum = weights.reduce((total, weight) => total + weight, 0);
    for (let i = 0; i < size; ++i) {
      let value = 0;
      for (let j = 0; j < cached; ++j) value += weights[j] * v[keys + j * size + i];
      y[row * size + i] = value / sum;
    }
  }
  return y;
}

const nodes = [
  { op: 'Transpose', inputs: ['k'], outputs: ['kt'], attributes: { perm: [0, 1, 3, 2] } },
  { op: 'MatMul', inputs: ['q', 'kt'], outputs: ['products'] },
  { op: 'Mul', inputs: ['products', 'scale'], outputs: ['scores'] },
  { op: 'Softmax', inputs: ['scores'], outputs: ['weights'], attributes: { axis: -1 } },
  { op: 'MatMul', inputs: ['weights', 'v'], outputs: ['y'] },
];

function attention(heads, size, length, cached) {
  const make = () => {
    const scale = size ** -0.5;
    const asked = { dims: [1, heads, length, size] };
    const kept = { dims: [1, heads, cached, size] };
    // Queries so large that a few tokens have most of the weight.
    const q = numbers(heads * length * size, 7, 4);
    const k = numbers(heads * cached * size, 8);
    const v = numbers(heads * cached * size, 9);
    return operatorModel({
      nodes,
      inputs: [
        { name: 'q', ...asked, data: q },
        { name: 'k', ...kept, data: k },
        { name: 'v', ...kept, data: v },
      ],
      operands: [{ name: 'scale', dims: [], data: Float32Array.of(scale) }],
      expected: { ...asked, data: attend({ heads, size, length, cached, scale }, q, k, v) },
    });
  };
  const tokens = length === cached ? `${length} tokens` : `${length} token over ${cached}`;
  return {
    name: `Attention ${heads} heads of ${size}, ${tokens}`,
    macs: heads * length * cached * size * 2,
    make,
  };
}

/** {name, macs, make} as of float_operators.mjs. */
export const attentions = [
  attention(12, 32, 128, 128),
  attention(3, 64, 197, 197),
  attention(12, 32, 1, 128),
];
