// Where the weights of a network in training are between the levels that they are rounded to.
import type { Tensor } from 'octavo';
import { levelScales } from './level-scales';
import type { Bits } from './networks';

/** Weights of a layer, each divided by the step between the levels of its channel. */
export interface LayerWeights {
  name: string;
  dims: readonly number[];
  values: Float32Array;
  /** The largest level; the smallest is as far below 0. */
  most: number;
}

/** The layers of a network: `weights` in float, and `file`, the network that they are rounded to. */
export function layersOf(weights: Record<string, Tensor>, file: Uint8Array, bits: Bits): LayerWeights[] {
  const scales = levelScales(file);
  return Object.entries(weights).flatMap(([name, { data, dims }]) => {
    const steps = scales.get(name);
    if (!steps || dims.length < 2) return [];
    const inChannel = data.length / steps.length;
    const stepOf = (i: number) => steps[Math.floor(i / inChannel)] ?? NaN;
    const values = Float32Array.from(data as Float32Array, (value, i) => value / stepOf(i));
    return { name, dims, values, most: 2 ** (bits - 1) - 1 };
  });
}
