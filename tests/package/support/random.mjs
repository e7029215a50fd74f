// Random numbers that are the same in every run.

/** A generator of whole numbers below a bound (mulberry32), and what is made of them. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const below = (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
  const pick = (list) => list[below(list.length)];
  const chance = (oneIn) => below(oneIn) === 0;
  return { below, pick, chance };
}
