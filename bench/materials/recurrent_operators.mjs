// LSTM and GRU of one sequence that goes on from a state, as PyTorch writes them: float, quantized dynamically, and as ONNX Runtime's own operator.
import { numbers, operatorModel } from './operator_model.mjs';

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** [rows] of matrix [rows, columns] · vector + bias. */
function affine(matrix, vector, bias) {
  return Float64Array.from(bias, (start, row) => {
    const at = row * vector.length;
    return vector.reduce((sum, x, i) => sum + matrix[at + i] * x, start);
  });
}

/**
 * The operators' steps: what the input (`x`) and the state (`h`) give all gates, and the state before, to the state after.
 * `cell` is the LSTM's, and is changed.
 */
const steps = {
  // Input, output, forget, candidate.
  LSTM: (x, h, state, cell) =>
    state.map((_, j) => {
      const [i, o, f, c] = [0, 1, 2, 3].map(
        (gate) => x[gate * state.length + j] + h[gate * state.length + j],
      );
      cell[j] = sigmoid(f) * cell[j] + sigmoid(i) * Math.tanh(c);
      return sigmoid(o) * Math.tanh(cell[j]);
    }),
  // Update, reset, candidate; linear_before_reset.
  GRU: (x, h, state) =>
    state.map((before, j) => {
      const at = (gate) => gate * state.length + j;
      const update = sigmoid(x[at(0)] + h[at(0)]);
      const reset = sigmoid(x[at(1)] + h[at(1)]);
      return (1 - update) * Math.tanh(x[at(2)] + reset * h[at(2)]) + update * before;
    }),
};

const gatesOf = { LSTM: 4, GRU: 3 };

/** All states, [length, hidden], from `h` and `c` on. */
function states(op, { length, inputs, hidden }, { x, w, r, b, h, c }) {
  const y = new Float32Array(length * hidden);
  const cell = Float64Array.from(c);
  const bias = [b.subarray(0, b.length / 2), b.subarray(b.length / 2)];
  let state = Float64Array.from(h);
  for (let step = 0; step < length; ++step) {
    const given = affine(w, x.subarray(step * inputs, (step + 1) * inputs), bias[0]);
    state = steps[op](given, affine(r, state, bias[1]), state, cell);
    y.set(state, step * hidden);
  }
  return y;
}

/** [rows, columns] as [columns, rows] of int8, a scale for each row. */
function int8Columns(matrix, rows) {
  const columns = matrix.length / rows;
  const scales = new Float32Array(rows);
  const data = new Int8Array(matrix.length);
  for (let row = 0; row < rows; ++row) {
    const values = matrix.subarray(row * columns, (row + 1) * columns);
    scales[row] = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127;
    values.forEach((x, i) => {
      data[i * rows + row] = Math.round(x / scales[row]);
    });
  }
  return { data, scales };
}

/** ONNX Runtime's operator of int8 weights, which quantizes the input and in each step the state. */
function dynamicQuantizeLstm(model, { inputs, hidden }, { w, r }) {
  const rows = 4 * hidden;
  const operandsOf = (name, matrix, depth) => {
    const { data, scales } = int8Columns(matrix, rows);
    return [
      { name, dims: [1, depth, rows], data },
      { name: `${name}_scale`, dims: [1, rows], data: scales },
      { name: `${name}_zero`, dims: [1, rows], data: new Int8Array(rows) },
    ];
  };
  const names = ['x', 'w', 'r', 'b', '', 'h', 'c', '', 'w_scale', 'w_zero', 'r_scale', 'r_zero'];
  return operatorModel({
    ...model,
    nodes: [{ ...model.nodes[0], op: 'DynamicQuantizeLSTM', domain: 'com.microsoft', inputs: names }],
    operands: [...operandsOf('w', w, inputs), ...operandsOf('r', r, hidden), model.operands[2]],
  });
}

/** Int8 answers are within half of this; those with gates in each other's place are ten times as far off. */
const tolerance = 0.04;

function recurrent(op, inputs, hidden, length) {
  const rows = gatesOf[op] * hidden;
  const sizes = { length, inputs, hidden };
  const make = () => {
    const most = 2 * hidden ** -0.5;
    const numbersOf = {
      x: numbers(length * inputs, 10),
      w: numbers(rows * inputs, 11, most),
      r: numbers(rows * hidden, 12, most),
      b: numbers(2 * rows, 13, most),
      h: numbers(hidden, 14),
      c: numbers(hidden, 15),
    };
    const { x, w, r, b } = numbersOf;
    const stateNames = op === 'LSTM' ? ['h', 'c'] : ['h'];
    const attributes = { hidden_size: hidden, ...(op === 'GRU' ? { linear_before_reset: 1 } : {}) };
    const model = {
      nodes: [{ op, inputs: ['x', 'w', 'r', 'b', '', ...stateNames], outputs: ['y'], attributes }],
      inputs: [
        { name: 'x', dims: [length, 1, inputs], data: x },
        ...stateNames.map((name) => ({ name, dims: [1, 1, hidden], data: numbersOf[name] })),
      ],
      operands: [
        { name: 'w', dims: [1, rows, inputs], data: w },
        { name: 'r', dims: [1, rows, hidden], data: r },
        { name: 'b', dims: [1, 2 * rows], data: b },
      ],
      expected: { dims: [length, 1, 1, hidden], data: states(op, sizes, numbersOf) },
    };
    const int8Peer = () => ({
      ...{ precision: 'u8', extra: { row: 'DynamicQuantizeLSTM' }, tolerance },
      model: dynamicQuantizeLstm(model, sizes, numbersOf),
    });
    return {
      ...operatorModel(model),
      quantized: [
        { precision: 'u8', quantize: {}, tolerance },
        { precision: 'u7', quantize: { reduceRange: true }, tolerance },
      ],
      ort: op === 'LSTM' ? [int8Peer()] : [],
    };
  };
  const named = `${op} ${inputs}->${hidden}, ${length} step${length > 1 ? 's' : ''}`;
  return { name: named, macs: length * rows * (inputs + hidden), make };
}

/** {name, macs, make} as of float_operators.mjs. */
export const recurrentOperators = [
  ...[recurrent('LSTM', 200, 200, 35), recurrent('LSTM', 256, 256, 1)],
  ...[recurrent('GRU', 200, 200, 35), recurrent('GRU', 256, 256, 1)],
];
