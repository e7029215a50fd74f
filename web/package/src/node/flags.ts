// Node 20 has relaxed SIMD behind a flag.
import { setFlagsFromString } from 'node:v8';

/**
 * Turns relaxed SIMD on where Node needs a flag for it: call it before the first engine starts. Its baseline compiler
 * drops the accumulator of `i32x4.relaxed_dot_i8x16_i7x16_add_s`, so that compiler is turned off with it. Both flags
 * are of the whole process, which is why the library does not set them by itself.
 */
export function enableRelaxedSimd(): void {
  if (Number.parseInt(process.versions.node) >= 22) return;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  setFlagsFromString('--no-liftoff');
}
