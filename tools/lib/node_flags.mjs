import { capture } from './run.mjs';

// (module (func (drop (i8x16.relaxed_swizzle (v128.const 0) (v128.const 0))))) — validates where relaxed SIMD is on.
const relaxedModule = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 44, 1, 42, 0],
  ...[0xfd, 12, ...Array(16).fill(0), 0xfd, 12, ...Array(16).fill(0), 0xfd, 0x80, 2, 0x1a, 0x0b],
]);

/**
 * The options with which this Node runs relaxed SIMD: none where it is on by default. Node 20 has it behind a flag, and
 * its baseline compiler loses the accumulator of i32x4.relaxed_dot_i8x16_i7x16_add_s, so only the optimizing one is used.
 */
export function relaxedSimdFlags() {
  if (WebAssembly.validate(relaxedModule)) return [];
  const flag = '--experimental-wasm-relaxed-simd';
  return capture(process.execPath, [flag, '-e', '0']) === undefined ? [] : [flag, '--no-liftoff'];
}
