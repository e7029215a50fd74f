// Operators that are measured in float32 only, beside onnxruntime-web, each with the answer of its definition.
import { numbers, operatorModel } from './operator_model.mjs';

/** Of as many channels in and out, 2×2 at a stride of 2: y[o, 2y + i, 2x + j] = Σ_c x[c, y, x] · w[c, o, i, j]. */
function transposedConvolution(size, inputs, outputs) {
  const out = size * 2;
  const make = () => {
    const x = numbers(inputs * size * size, 1);
    const w = numbers(inputs * outputs * 4, 2);
    const expected = new Float32Array(outputs * out * out);
    for (let o = 0; o < outputs; ++o)
      for (let y = 0; y < out; ++y)
        for (let column = 0; column < out; ++column) {
          const pixel = (y >> 1) * size + (column >> 1);
          const tap = (y & 1) * 2 + (column & 1);
          let sum = 0;
          for (let c = 0; c < inputs; ++c) sum += x[c * size * size + pixel] * w[(c * outputs + o) * 4 + tap];
          expected[(o * out + y) * out + column] = sum;
        }
    return {
      node: { op: 'ConvTranspose', attributes: { strides: [2, 2] } },
      input: { data: x, dims: [1, inputs, size, size] },
      operands: [{ name: 'w', dims: [inputs, outputs, 2, 2], data: w }],
      expected: { data: expected, dims: [1, outputs, out, out] },
    };
  };
  return {
    name: `ConvTranspose 2x2/2 ${inputs}->${outputs} @${size}`,
    macs: outputs * out * out * inputs,
    make,
  };
}

/** Twice as large by linear interpolation, at half_pixel coordinates. */
function resize(size, channels) {
  const out = size * 2;
  const make = () => {
    const x = numbers(channels * size * size, 3);
    const between = Array.from({ length: out }, (_, i) => {
      const at = Math.min(Math.max((i + 0.5) / 2 - 0.5, 0), size - 1);
      const low = Math.floor(at);
      return { low, high: Math.min(low + 1, size - 1), part: at - low };
    });
    const expected = new Float32Array(channels * out * out);
    for (let c = 0; c < channels; ++c)
      between.forEach((row, y) =>
        between.forEach((column, i) => {
          const pixel = (at, of) => x[(c * size + at) * size + of];
          const mix = (at) =>
            pixel(at, column.low) * (1 - column.part) + pixel(at, column.high) * column.part;
          expected[(c * out + y) * out + i] = mix(row.low) * (1 - row.part) + mix(row.high) * row.part;
        }),
      );
    return {
      node: { op: 'Resize', inputs: ['x', '', 'scales'], attributes: { mode: 'linear' } },
      input: { data: x, dims: [1, channels, size, size] },
      operands: [{ name: 'scales', dims: [4], data: Float32Array.of(1, 1, 2, 2) }],
      expected: { data: expected, dims: [1, channels, out, out] },
    };
  };
  return { name: `Resize linear x2 ${channels} @${size}`, macs: channels * out * out * 4, make };
}

function layerNormalization(rows, length) {
  const make = () => {
    const x = numbers(rows * length, 4);
    const scale = numbers(length, 5);
    const bias = numbers(length, 6);
    const expected = new Float32Array(x.length);
    for (let row = 0; row < rows; ++row) {
      const values = x.subarray(row * length, (row + 1) * length);
      const mean = values.reduce((sum, value) => sum + value, 0) / length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length;
      values.forEach((value, i) => {
        expected[row * length + i] = ((value - mean) / Math.sqrt(variance + 1e-5)) * scale[i] + bias[i];
      });
    }
    return {
      node: { op: 'LayerNormalization' },
      input: { data: x, dims: [rows, length] },
      operands: [
        { name: 'scale', dims: [length], data: scale },
        { name: 'bias', dims: [length], data: bias },
      ],
      expected: { data: expected, dims: [rows, length] },
    };
  };
  return { name: `LayerNormalization ${rows}x${length}`, macs: rows * length * 2, make };
}

const modelOf = ({ node, input, operands, expected }) =>
  operatorModel({
    nodes: [{ inputs: ['x', ...operands.map(({ name }) => name)], ...node, outputs: ['y'] }],
    inputs: [{ name: 'x', ...input }],
    operands,
    expected,
  });

/**
 * {name, macs, make}: make() gives {bytes, feeds, expected, output}. Other materials add `quantized`, a list of how Octavo
 * quantizes the file beside, {quantize, precision, tolerance, extra}; `ort`, a list of files of onnxruntime-web's own,
 * {model, precision, tolerance, extra}; and `peak`, as of suites/peaks.mjs, where it is not that of the precision.
 */
export const floatOperators = [
  transposedConvolution(28, 128, 64),
  resize(56, 64),
  layerNormalization(196, 768),
].map(({ name, macs, make }) => ({ name, macs, make: () => modelOf(make()) }));
