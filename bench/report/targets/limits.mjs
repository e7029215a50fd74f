// The parts of a target.

export const atLeast = (limit, unit) => ({ sense: '≥', limit, unit });
export const atMost = (limit, unit) => ({ sense: '≤', limit, unit });

/** Targets are Chromium's unless they say otherwise. */
export const inEngine = (engine, what) => (engine === 'chromium' ? what : `${engine}: ${what}`);
