// Engines of the real builds, for tests.
import { createEngine } from 'octavo';
import { enableRelaxedSimd } from 'octavo/node';

enableRelaxedSimd();

/** Every build that this Node runs. */
export const builds = ['simd', 'relaxed'];

/** Runs `work` with an engine of its own, and disposes of it. */
export async function withEngine(build, work, options = {}) {
  const engine = await createEngine({ build, ...options });
  try {
    return await work(engine);
  } finally {
    engine.dispose();
  }
}
