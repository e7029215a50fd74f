// Which runs of bytes functions share.

/** How long the runs are: gzip finds matches from four bytes on, and long ones save it many short ones. */
const lengths = [4, 7, 14];
/** What more functions than these share is near everywhere, whatever the order. */
const everywhere = 60;

/** `runsOf[body]` are the runs that it shares with others, by number, and `bodiesWith[run]` the bodies that have it. */
export function sharedRuns(bodies) {
  const bodiesWith = lengths
    .flatMap((length) => [...bodiesByRun(bodies, length).values()])
    .filter((having) => having.length > 1 && having.length <= everywhere);
  const runsOf = bodies.map(() => []);
  bodiesWith.forEach((having, run) => having.forEach((body) => runsOf[body].push(run)));
  return { runsOf, bodiesWith };
}

/** For each run of one length, told by its hash, the bodies that have it. */
function bodiesByRun(bodies, length) {
  const having = new Map();
  bodies.forEach((body, index) => {
    for (let start = 0; start + length <= body.length; ++start) {
      const hash = hashOf(body, start, length);
      const before = having.get(hash);
      if (before === undefined) having.set(hash, [index]);
      else if (before.at(-1) !== index) before.push(index);
    }
  });
  return having;
}

function hashOf(bytes, start, length) {
  let hash = 0;
  for (let i = start; i < start + length; ++i) {
    hash = Math.imul(hash ^ bytes[i], 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
