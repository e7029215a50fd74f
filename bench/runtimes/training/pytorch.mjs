// PyTorch, native, as a contestant of training; see octavo.mjs. It runs in a process of its own, which waits while others have their
// turn, and tells how long its steps took.
import { splitParameters, timedLearningRate } from '../../support/training.mjs';

/** `ask` has pytorch_steps.py answer a request; `rounded`: prepared for quantization-aware training. */
export const torchSteps = (ask, rounded) => ({
  ...{ runtime: 'pytorch', build: 'native', threads: 1 },
  async load({ id, layers, learningRate }) {
    const { index, version } = await ask({ what: 'make', network: id, rounded });
    const step = (rate, repetitions) => ask({ what: 'step', index, learningRate: rate, repetitions });
    return {
      runtimeVersion: version,
      async run() {
        const { loss } = await step(learningRate, 1);
        const { float32 } = await ask({ what: 'weights', index });
        const bytes = Uint8Array.from(atob(float32), (character) => character.charCodeAt(0));
        return { loss, weights: splitParameters(layers, new Float32Array(bytes.buffer)) };
      },
      timed: async (repetitions) => (await step(timedLearningRate, repetitions)).ms,
      dispose: () => {},
    };
  },
});
