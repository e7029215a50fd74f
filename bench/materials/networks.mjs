// The networks that are measured: their ONNX files, float and quantized by Octavo, and one input for each.
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { imageToTensor, loadModel, preprocessingFor } from 'octavo';
import { listFiles, readImage } from 'octavo/node';
import { calibrationPictures, networks } from '../support/networks.mjs';
import { inBuild, inRoot } from '../support/paths.mjs';
import { describeNetwork } from './network_json.mjs';
import { makeResnet18 } from './resnet18.mjs';

const inModels = (path) => inRoot('models', path);
const sizes = { 'efficientnet-lite': [224, 224], imagenet: [224, 224], 'ppocr-cls': [48, 192] };
const tensorOf = async (path, preset) => {
  const input = { name: 'x', type: 'float32', dims: [1, 3, ...sizes[preset]] };
  return imageToTensor(await readImage(path), preprocessingFor(input, preset));
};

/** Pictures of a folder of models/ as input. */
async function* tensors(folder, preset, count) {
  for (const path of (await listFiles([inModels(folder)])).slice(0, count)) yield tensorOf(path, preset);
}

async function resnet18() {
  const file = inBuild('resnet18.onnx');
  const made = await stat(file).catch(() => undefined);
  if (!made) await writeFile(file, makeResnet18());
  return readFile(file);
}

const sources = {
  'efficientnet-lite0': {
    float: () => readFile(inModels('efficientnet-lite0.onnx')),
    calibration: () => tensors('photos/calibration', 'efficientnet-lite', calibrationPictures),
    input: () => tensorOf(inModels('photos/macaw.jpg'), 'efficientnet-lite'),
  },
  resnet18: {
    float: resnet18,
    calibration: () => tensors('photos/calibration', 'imagenet', 8),
    input: () => tensorOf(inModels('photos/macaw.jpg'), 'imagenet'),
  },
  'ppocr-cls': {
    float: () => readFile(inModels('ppocr-cls.onnx')),
    calibration: () => tensors('ocr', 'ppocr-cls', 8),
    input: () => tensorOf(inModels('ocr/invoice.png'), 'ppocr-cls'),
  },
};

function concatenated(arrays) {
  const whole = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const array of arrays) {
    whole.set(array, offset);
    offset += array.length;
  }
  return whole;
}

async function prepareNetwork({ id, ...network }) {
  const { float, calibration, input } = sources[id];
  const bytes = new Uint8Array(await float());
  const folder = inBuild('material', id);
  await mkdir(folder, { recursive: true });
  const model = await loadModel(bytes);
  const samples = [];
  for await (const tensor of calibration()) samples.push(tensor);
  const files = { 'float.onnx': bytes, 'input.f32': (await input()).data };
  for (const [name, options] of Object.entries({ u8: {}, u7: { reduceRange: true } })) {
    const small = await model.quantizeStatic({ calibration: samples, ...options });
    files[`${name}.onnx`] = await small.toOnnx();
    small.dispose();
  }
  model.dispose();
  files['calibration.f32'] = concatenated(samples.map(({ data }) => data));
  for (const [name, data] of Object.entries(files))
    await writeFile(`${folder}/${name}`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const { input: name, dims, ...described } = network;
  await describeNetwork(folder, {
    ...described,
    feeds: [{ name, type: 'float32', dims, file: 'input.f32' }],
    files: { 'float.onnx': 'f32', 'u8.onnx': 'u8', 'u7.onnx': 'u7' },
  });
}

/** Writes the material of the networks with those ids. */
export async function prepareNetworks(ids, say) {
  for (const network of networks.filter(({ id }) => ids.has(id))) {
    say(`preparing ${network.name}`);
    await prepareNetwork(network);
  }
}
