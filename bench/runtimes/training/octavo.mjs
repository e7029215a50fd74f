// Octavo's steps as contestants of training. `load` of a contestant takes {bytes, layers, images, dims, labels, before, learningRate}
// in place of a file and gives {run(), compute(), dispose()}: `run` takes the step that is checked, and resolves to {loss, weights:
// {name: array}}; `compute` is timed, and takes one with timedLearningRate. Both begin with images in the page's memory.
import { Tensor, loadModel } from 'octavo';
import { timedLearningRate } from '../../support/training.mjs';

const trainers = {
  step: (model) => model.prepareTraining(),
  qat: (model, calibration) => model.prepareQat({ calibration }),
  learned: (model, calibration) => model.prepareQat({ calibration, scales: 'learned' }),
};

/** `octavo` is what startOctavo gives with `training`; `how` one of `step`, `qat` and `learned`. */
export const octavoSteps = (octavo, how) => ({
  ...octavo,
  async load({ bytes, images, dims, labels, learningRate }) {
    const model = await loadModel(bytes, { engine: octavo.engine });
    const inputs = { [model.inputs[0].name]: new Tensor('float32', images, dims) };
    const trainer = await trainers[how](model, [inputs]);
    const batch = { inputs, targets: labels };
    const options = (rate) => ({ loss: 'crossEntropy', optimizer: { name: 'sgd', learningRate: rate } });
    const timed = options(timedLearningRate);
    return {
      async run() {
        const { loss } = await trainer.step(batch, options(learningRate));
        const weights = Object.entries(await trainer.weights()).map(([name, { data }]) => [name, data]);
        return { loss, weights: Object.fromEntries(weights) };
      },
      compute: () => trainer.step(batch, timed),
      dispose() {
        trainer.dispose();
        model.dispose();
      },
    };
  },
});
