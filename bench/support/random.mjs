// Seeded random numbers: the same networks and operands at every run.

/** Uniform in [0, 1): Mulberry32. */
export function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Normal with mean 0 and deviation 1: Box and Muller's method. */
export function normal(seed) {
  const random = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** `count` numbers made by `make`, in an array of that type. */
export function fill(arrayType, count, make) {
  const array = new arrayType(count);
  for (let i = 0; i < count; ++i) array[i] = make();
  return array;
}
