// Contestants take turns, so that a bad episode of the machine hits all of them alike.

/** Time of `repetitions` runs in a row, in milliseconds: what the contestant says, if it does. */
async function time(contestant, repetitions) {
  const start = performance.now();
  const running = contestant.run(repetitions);
  const told = running instanceof Promise ? await running : undefined;
  return told ?? performance.now() - start;
}

/** Runs each for a while, then leaves engines the time to compile what they found hot. */
async function warmUp(contestants, warmMs) {
  for (const contestant of contestants) {
    if (contestant.samples) continue;
    const start = performance.now();
    while (performance.now() - start < warmMs) await time(contestant, 1);
  }
  await new Promise((resolve) => setTimeout(resolve, Math.max(20, 2 * warmMs)));
}

/** How many runs make a sample of `sampleMs`, which the clock resolves well. */
async function repetitionsFor(contestant, sampleMs) {
  if (contestant.samples) return 1;
  let repetitions = 1;
  for (;;) {
    const taken = await time(contestant, repetitions);
    if (taken >= sampleMs) return Math.max(1, Math.round((repetitions * sampleMs) / taken));
    repetitions *= taken > sampleMs / 8 ? 2 : 8;
  }
}

/**
 * One sample, in milliseconds a run. A machine that stalled made few repetitions look long enough: then there are more from
 * now on, as the clock is too coarse for less than half of `sampleMs`.
 */
async function sampleOf(plan, sampleMs) {
  for (;;) {
    const taken = await time(plan.contestant, plan.repetitions);
    if (plan.contestant.samples || taken >= sampleMs / 2) return taken / plan.repetitions;
    plan.repetitions *= 2;
  }
}

/**
 * Measures contestants of the form {run(repetitions)}, which may return a promise, also one of the milliseconds that it took, if it
 * runs elsewhere. Slow ones get fewer samples: as many as `budgetMs` holds, but no fewer than five. Those that take seconds say
 * how many they are to have, {run(), samples}, and are not run once more. Returns the list of samples of each, in milliseconds a run.
 */
export async function takeTurns(contestants, { rounds, sampleMs = 1, budgetMs = 1500, warmMs = 20 }) {
  await warmUp(contestants, warmMs);
  const plans = [];
  for (const contestant of contestants) {
    const repetitions = await repetitionsFor(contestant, sampleMs);
    const count =
      contestant.samples ?? Math.max(5, Math.floor(budgetMs / (await time(contestant, repetitions))));
    plans.push({ contestant, repetitions, count: Math.min(rounds, count), samples: [] });
  }
  for (let round = 0; round < rounds; ++round) {
    for (const plan of plans) {
      const { count, samples } = plan;
      // Spread over all rounds, however few.
      if (Math.floor((round * count) / rounds) === Math.floor(((round + 1) * count) / rounds)) continue;
      samples.push(await sampleOf(plan, sampleMs));
    }
  }
  return plans.map(({ samples }) => samples);
}
