// How the outputs of two models differ for one sample.
import { OctavoError } from './error.js';
import { halvesToFloats, isHalfType } from './half.js';
import type { NativeModule, NativeTensor, TensorDifference } from './native.js';
import { top1Agreement } from './top1.js';

export interface OutputsComparison {
  outputs: (TensorDifference & { name: string })[];
  /** Rows of the first output, and those of them whose largest element is at the same place in both. */
  rows: number;
  sameTop1: number;
}

/** One sample through two models: times of each repeat in milliseconds, interleaved, and how the outputs differ. */
export interface SampleComparison extends OutputsComparison {
  floatMs: number[];
  quantizedMs: number[];
}

/** Throws `InvalidInput` where two outputs of one name have different shapes. */
export function compareOutputs(
  native: Pick<NativeModule, 'compareTensors'>,
  reference: readonly NativeTensor[],
  other: readonly NativeTensor[],
): OutputsComparison {
  const outputs = reference.map((output, i) => {
    const counterpart = other[i];
    if (counterpart?.data.length !== output.data.length) {
      throw new OctavoError(
        'InvalidInput',
        `the two models do not agree on the shape of output '${output.name}'`,
      );
    }
    return { name: output.name, ...native.compareTensors(toFloat32(output), toFloat32(counterpart)) };
  });
  return { outputs, ...top1Agreement(withNumbers(reference[0]), withNumbers(other[0])) };
}

/** Bits of 16-bit floats are no numbers that could be compared. */
function withNumbers(tensor: NativeTensor | undefined): NativeTensor | undefined {
  return tensor && isHalfType(tensor.type) ? { ...tensor, data: toFloat32(tensor) } : tensor;
}

function toFloat32({ type, data }: NativeTensor): Float32Array {
  if (isHalfType(type)) return halvesToFloats(type, data as Uint16Array);
  return data instanceof Float32Array ? data : Float32Array.from(data as Iterable<number | bigint>, Number);
}
