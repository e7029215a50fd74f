// Where the weights of a network in training are between the levels that they are rounded to.
import type { Tensor, TensorScales } from 'octavo';

/** Weights of a layer, each divided by the step between the levels of its channel. */
export interface LayerWeights {
  name: string;
  dims: readonly number[];
  values: Float32Array;
  /** The largest level; the smallest is as far below 0. */
  most: number;
}

/** The layers of a network: `weights` in float, and what they are rounded to. */
export function layersOf(weights: Record<string, Tensor>, scales: readonly TensorScales[]): LayerWeights[] {
  return scales.flatMap(({ name, scale: steps, bits }) => {
    const tensor = weights[name];
    if (!tensor || tensor.dims.length < 2) return [];
    const { data, dims } = tensor;
    const inChannel = data.length / steps.length;
    const stepOf = (i: number) => steps[Math.floor(i / inChannel)] ?? NaN;
    const values = Float32Array.from(data as Float32Array, (value, i) => value / stepOf(i));
    return { name, dims, values, most: 2 ** (bits - 1) - 1 };
  });
}
