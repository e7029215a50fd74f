// The networks that are trained, a batch for them, and what one step makes of their weights.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createEngine, loadModel } from 'octavo';
import { bundleForNode } from '../page/build.mjs';
import { inBuild, inRoot } from '../support/paths.mjs';
import { fill, normal, uniform } from '../support/random.mjs';
import { batchDims, joinParameters, parametersOf, trainedNetworks, unnoticed } from '../support/training.mjs';
import { onnxModel } from './onnx.mjs';
import { referenceStep } from './training_reference.mjs';

/** Nodes of ONNX by op of a layer, from a name to `output`. */
const nodeMakers = {
  conv: ({ weight, bias, kernel, stride, pad, group }, input, output) => [
    {
      ...{ op: 'Conv', inputs: [input, weight, bias], outputs: [output] },
      attributes: {
        ...{ kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] },
        group,
      },
    },
  ],
  relu: (_, input, output) => [{ op: 'Relu', inputs: [input], outputs: [output] }],
  maxPool: (_, input, output) => [
    {
      ...{ op: 'MaxPool', inputs: [input], outputs: [output] },
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    },
  ],
  globalAveragePool: (_, input, output) => [{ op: 'GlobalAveragePool', inputs: [input], outputs: [output] }],
  dense: ({ weight, bias }, input, output) => [
    { op: 'Flatten', inputs: [input], outputs: [`${output}_flat`] },
    {
      ...{ op: 'Gemm', inputs: [`${output}_flat`, weight, bias], outputs: [output] },
      attributes: { transB: 1 },
    },
  ],
};

/** Weights of He's deviation; biases that are not zero, so that their gradients matter. */
function randomWeights(layers) {
  const random = normal(1);
  const entries = parametersOf(layers).map(({ name, dims }) => {
    const [outputs, ...inputs] = dims;
    const fanIn = inputs.reduce((product, dim) => product * dim, 1);
    const deviation = inputs.length > 0 ? Math.sqrt(2 / fanIn) : 0.1;
    return [name, fill(Float32Array, outputs * fanIn, () => deviation * random())];
  });
  return Object.fromEntries(entries);
}

function makeModel(layers) {
  const weights = randomWeights(layers);
  const last = layers.length - 1;
  const nameOf = (i) => (i < 0 ? 'digits' : i === last ? 'logits' : `layer_${i}`);
  const bytes = onnxModel({
    nodes: layers.flatMap((layer, i) => nodeMakers[layer.op](layer, nameOf(i - 1), nameOf(i))),
    initializers: parametersOf(layers).map((parameter) => ({ ...parameter, data: weights[parameter.name] })),
    inputs: [{ name: 'digits', dims: batchDims }],
    outputs: [{ name: 'logits', dims: [batchDims[0], layers[last].outputs] }],
  });
  return { bytes, weights };
}

/** A model of models/, and the weights that it has. */
async function readModel(file) {
  const bytes = new Uint8Array(await readFile(inRoot('models', file)));
  const engine = await createEngine({ training: true, threads: 1 });
  const model = await loadModel(bytes, { engine });
  const trainer = await model.prepareTraining();
  const weights = Object.entries(await trainer.weights()).map(([name, { data }]) => [name, data.slice()]);
  engine.dispose();
  return { bytes, weights: Object.fromEntries(weights) };
}

/** Numbers without equals in a window: which of them a pool's gradient goes to is nobody's law. */
function makeBatch(classes) {
  const random = uniform(2);
  const images = fill(
    Float32Array,
    batchDims.reduce((product, dim) => product * dim, 1),
    random,
  );
  const labels = Array.from({ length: batchDims[0] }, () => Math.floor(random() * classes));
  return { images, dims: batchDims, labels };
}

const bytesOf = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);

async function prepareNetwork({ id, name, file, layers, learningRate }) {
  const { bytes, weights } = file ? await readModel(file) : makeModel(layers);
  const batch = makeBatch(layers.at(-1).outputs);
  const after = referenceStep(layers, weights, batch, learningRate);
  const unchecked = unnoticed(after, weights);
  if (unchecked.length > 0) throw new Error(`${name}: the step is too small for ${unchecked}`);
  const folder = inBuild('material', id);
  await mkdir(folder, { recursive: true });
  const arrays = {
    ...{ model: bytes, images: batch.images, logits: Float32Array.from(after.logits) },
    ...{ before: joinParameters(layers, weights), after: joinParameters(layers, after.weights) },
  };
  for (const [each, data] of Object.entries(arrays))
    await writeFile(`${folder}/${each}.${each === 'model' ? 'onnx' : 'f32'}`, bytesOf(data));
  const { dims, labels } = batch;
  const described = { name, layers, learningRate, dims, labels, loss: after.loss };
  await writeFile(`${folder}/network.json`, `${JSON.stringify(described)}\n`);
}

/** Writes the material of the networks with those ids, and what runtimes need. */
export async function prepareTraining(ids, say) {
  const networks = trainedNetworks.filter(({ id }) => ids.has(id));
  if (networks.length > 0) await bundleForNode('training/tfjs');
  for (const network of networks) {
    say(`preparing a step of ${network.name}`);
    await prepareNetwork(network);
  }
}
