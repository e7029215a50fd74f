// The options of a file, a row each: what `toOnnx` takes and what the command line calls it. As quantization_options.ts, of which the
// same test compares values with the engine's.
import type { FileOptions } from './native.js';

interface Row {
  choices: readonly string[];
  flag: string;
  help: string;
}

export const fileOptions = {
  weights: {
    choices: ['dequantizeLinear', 'matMulNBits'],
    flag: '--weights <form>',
    help: 'what stands for weights of 4 bits in blocks (default: dequantizeLinear)',
  },
  storage: {
    choices: ['float32', 'float16'],
    flag: '--storage <type>',
    help: 'what weights that stay float are kept as (default: float32)',
  },
} as const satisfies Record<keyof FileOptions, Row>;
