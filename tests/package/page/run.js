// Gives tests one call: run a model on one input in an engine of its own, in this browser.
import { Tensor, createEngine, loadModel } from 'octavo';

globalThis.runModel = async (options, modelUrl, inputUrl, dims) => {
  const engine = await createEngine(options);
  try {
    const model = await loadModel(modelUrl, { engine });
    const input = new Float32Array(await (await fetch(inputUrl)).arrayBuffer());
    const [output] = Object.values(await model.run(new Tensor('float32', input, dims)));
    return { info: engine.info, output: [...output.data] };
  } finally {
    engine.dispose();
  }
};
