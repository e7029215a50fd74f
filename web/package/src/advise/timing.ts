// What takes how long: of a network's steps, and of two networks in turns.
import type { Model } from '../model.js';
import type { Sample } from '../options.js';

/** Milliseconds of each step by its node, a mean of `repeats` runs. */
export async function stepTimes(
  model: Model,
  sample: Sample,
  repeats: number,
  signal?: AbortSignal,
): Promise<Map<string, number>> {
  const steps = await model.profile(sample, { repeats, ...(signal && { signal }) });
  return new Map(steps.map(({ node, ms }) => [node, ms]));
}

/** Milliseconds of `repeats` runs of each, in turns. */
export async function turns(
  float: Model,
  quantized: Model,
  sample: Sample,
  repeats: number,
  signal: AbortSignal | undefined,
): Promise<{ floatMs: number[]; quantizedMs: number[] }> {
  const feeds = float.toFeeds(sample);
  const run = (times: number) =>
    float.engine.call('compareSample', [float.handle, quantized.handle, feeds, times], signal);
  // The first run of these shapes makes a plan.
  await run(1);
  return run(repeats);
}
