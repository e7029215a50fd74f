// 16-bit floats, whose bits are in a Uint16Array as in onnxruntime-common.

export type HalfType = 'float16' | 'bfloat16';

export const isHalfType = (type: string): type is HalfType => type === 'float16' || type === 'bfloat16';

const word = new DataView(new ArrayBuffer(4));

function floatBits(value: number): number {
  word.setFloat32(0, value);
  return word.getUint32(0);
}

function floatOf(bits: number): number {
  word.setUint32(0, bits);
  return word.getFloat32(0);
}

/** The number that the bits stand for. */
export function fromHalf(type: HalfType, bits: number): number {
  if (type === 'bfloat16') return floatOf(bits << 16);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** The bits of the nearest number, ties to even. */
export function toHalf(type: HalfType, value: number): number {
  const bits = floatBits(value);
  if (type === 'bfloat16')
    return Number.isNaN(value) ? 0x7fc0 : ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
  const sign = (bits >>> 16) & 0x8000;
  if (Number.isNaN(value)) return sign | 0x7e00;
  const magnitude = Math.abs(Math.fround(value));
  if (magnitude >= 65520) return sign | 0x7c00;
  // Below 2^-14 the bits count 2^-24; above, adding half a unit of the eleventh bit rounds.
  if (magnitude < 2 ** -14) return sign | (floatBits(magnitude + 0.5) - floatBits(0.5));
  const positive = bits & 0x7fffffff;
  return sign | ((positive + 0xfff + ((positive >>> 13) & 1) - (112 << 23)) >>> 13);
}

/** The elements of a tensor of floats as numbers. */
export function halvesToFloats(type: HalfType, data: ArrayLike<number>): Float32Array {
  return Float32Array.from(data, (bits) => fromHalf(type, bits));
}
