// Rows of a table picked by their numbers, as embeddings of words are: of float32, and of 8 bits that become float32.
import { fill, uniform } from '../support/random.mjs';
import { numbers, operatorModel } from './operator_model.mjs';

/** Bytes that are read and written where an element of the table has `size` bytes; results have four. */
const bytesOf = (elements, size) => elements * (size + 4);

/** What memory gives: a copy of as many float32, whose source and target stay in the cache if they fit. */
function copying(elements) {
  const source = new Float32Array(elements);
  const target = new Float32Array(elements);
  const run = (repetitions) => {
    for (let i = 0; i < repetitions; ++i) target.set(source);
  };
  return { instruction: 'copy', row: 'TypedArray.set', moved: bytesOf(elements, 4), run, samples: [] };
}

function gather(count, rows, length) {
  const elements = count * length;
  const make = () => {
    const table = numbers(rows * length, 14);
    const random = uniform(15);
    const ids = fill(BigInt64Array, count, () => BigInt(Math.floor(random() * rows)));
    const expected = new Float32Array(elements);
    ids.forEach((id, i) => {
      expected.set(table.subarray(Number(id) * length, (Number(id) + 1) * length), i * length);
    });
    return {
      ...operatorModel({
        nodes: [{ op: 'Gather', inputs: ['table', 'ids'], outputs: ['y'] }],
        inputs: [{ name: 'ids', dims: [count], data: ids }],
        operands: [{ name: 'table', dims: [rows, length], data: table }],
        expected: { dims: [count, length], data: expected },
      }),
      // Of numbers up to 1, half a step is 1/254.
      quantized: [
        {
          extra: { row: '8-bit table', moved: bytesOf(elements, 1) },
          ...{ quantize: { opTypesToQuantize: ['Gather'] }, tolerance: 0.004 },
        },
      ],
      peak: copying(elements),
    };
  };
  return { name: `Gather ${count} of ${rows}x${length}`, moved: bytesOf(elements, 4), make };
}

/** {name, moved, make}: as of float_operators.mjs, with the bytes that are moved in place of multiply-adds. */
export const gathers = [gather(128, 30522, 384)];
