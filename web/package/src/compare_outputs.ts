// How the outputs of two models differ for one sample.
import { OctavoError } from './error.js';
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
  return { outputs, ...top1Agreement(reference[0], other[0]) };
}

function toFloat32({ data }: NativeTensor): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data as Iterable<number | bigint>, Number);
}
