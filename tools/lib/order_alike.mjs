// Puts functions in an order in which gzip, which looks 32 KB back, finds most of each in those before it.
import { deflateRawSync } from 'node:zlib';
import { sharedRuns } from './shared_runs.mjs';

/** What gzip still sees, and the function just before, which counts for itself. */
const windows = [
  { bytes: 30_000, weight: 2 },
  { bytes: 1, weight: 1 },
];
/** Functions that share few runs, and those by chance, are not to win over others. */
const chance = 16;

/** Counts for each body, in `inSight`, the runs that it shares with the last bytes of an order that grows. */
class Window {
  #functions = [];
  #size = 0;
  #times;

  constructor({ bytes, weight }, bodiesWith, inSight) {
    Object.assign(this, { bytes, weight, bodiesWith, inSight });
    this.#times = new Uint16Array(bodiesWith.length);
  }
  push(size, runs) {
    this.#functions.push({ size, runs });
    this.#size += size;
    for (const run of runs) if (this.#times[run]++ === 0) this.#count(run, this.weight);
    while (this.#size - this.#functions[0].size >= this.bytes) {
      const gone = this.#functions.shift();
      this.#size -= gone.size;
      for (const run of gone.runs) if (--this.#times[run] === 0) this.#count(run, -this.weight);
    }
  }
  #count(run, change) {
    for (const body of this.bodiesWith[run]) this.inSight[body] += change;
  }
}

/**
 * Each body behind those that it shares most with. What counts is how much of its shared runs is in sight: at exponent
 * 1, the part of them, at 0, their number, so that large bodies go first.
 */
function follow(bodies, { runsOf, bodiesWith }, exponent, first) {
  const inSight = new Int32Array(bodies.length);
  const views = windows.map((window) => new Window(window, bodiesWith, inSight));
  const scale = runsOf.map((runs) => (runs.length + chance) ** -exponent);
  const left = new Set(bodies.keys());
  const order = [];
  for (let next = first; left.size > 0;) {
    order.push(next);
    left.delete(next);
    for (const view of views) view.push(bodies[next].length, runsOf[next]);
    let most = -1;
    for (const body of left) {
      const share = inSight[body] * scale[body];
      if (share > most) [most, next] = [share, body];
    }
  }
  return order;
}

function compressedSize(bodies, order) {
  return deflateRawSync(Buffer.concat(order.map((body) => bodies[body])), { level: 9 }).length;
}

/** Shared runs tell only roughly what gzip makes of an order: it says itself which of several is the best. */
export function orderAlike(bodies) {
  const shared = sharedRuns(bodies);
  const bySize = [...bodies.keys()].sort((a, b) => bodies[b].length - bodies[a].length);
  let best = { size: Infinity };
  for (const exponent of [0.7, 0.75, 0.8, 0.85])
    for (const first of bySize.slice(0, 6)) {
      const order = follow(bodies, shared, exponent, first);
      const size = compressedSize(bodies, order);
      if (size < best.size) best = { order, size };
    }
  return best.order ?? [];
}
