// What Octavo makes of one row of the tables, in the settings of settings.mjs.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OctavoError, Tensor, loadModel } from 'octavo';
import { readNpy } from 'octavo/node';
import { openSpeller } from './speller.mjs';

/**
 * A network: its float models by name, calibration data for each (lists of feeds), and `run`, which makes of such
 * models what is compared: {outputs} or, of the speller, {outputs, spoken}.
 * @typedef {{ models: Record<string, import('octavo').Model>, calibration: Record<string, object[]>,
 *   run: (models: Record<string, import('octavo').Model>) => Promise<object> }} Network
 */

/** A network of one file, whose output is compared as it is. @returns {Promise<Network>} */
async function openClassifier(folder, spec) {
  const test = await readFeeds(folder, 'test', spec.inputs, spec.testBatch);
  return {
    models: { float: await loadModel(join(folder, 'float.onnx')) },
    calibration: { float: await readFeeds(folder, 'calibration', spec.inputs, spec.calibrationBatch) },
    run: async ({ float: model }) => {
      const parts = [];
      for (const feed of test) parts.push(...(await model.run(feed))[spec.output].data);
      return { outputs: Float32Array.from(parts) };
    },
  };
}

/** The calibration or test data in batches, as feeds: Tensors by the input's name. */
export async function readFeeds(folder, kind, inputs, size) {
  const tensors = await Promise.all(inputs.map((name) => readNpy(join(folder, `${kind}.${name}.npy`))));
  const starts = Array.from({ length: Math.ceil(tensors[0].dims[0] / size) }, (_, batch) => batch * size);
  return starts.map((start) =>
    Object.fromEntries(inputs.map((name, i) => [name, samplesOf(tensors[i], start, start + size)])),
  );
}

/** Samples of an array of many, as a tensor. */
export function samplesOf({ type, data, dims: [count, ...dims] }, from, to) {
  const stride = dims.reduce((product, size) => product * size, 1);
  const end = Math.min(to, count);
  return new Tensor(type, data.slice(from * stride, end * stride), [end - from, ...dims]);
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

async function fileBytes(models) {
  const files = await Promise.all(Object.values(models).map((model) => model.toOnnx()));
  return sum(files.map((file) => file.byteLength));
}

/** Of each model its quantized copy. */
async function quantizeAll({ models, calibration }, quantize) {
  const made = {};
  for (const [name, model] of Object.entries(models)) made[name] = await quantize(model, calibration[name]);
  return made;
}

/**
 * Rows {setting, kind, isDefault, outputs, bytes, seconds, applied, islands} or, where Octavo refuses, {…, error};
 * float first. The seconds are those of quantizing.
 */
export async function* octavoRows({ folder, spec, settings }) {
  const network = await (spec.form === 'speller' ? openSpeller(folder) : openClassifier(folder, spec));
  const { models, run } = network;
  const files = await Promise.all(Object.keys(models).map((name) => readFile(join(folder, `${name}.onnx`))));
  yield {
    setting: 'float',
    kind: 'float',
    ...(await run(models)),
    bytes: sum(files.map(({ length }) => length)),
  };
  for (const { quantize, ...row } of settings.filter(({ kind }) => spec.kinds.includes(kind))) {
    const begin = performance.now();
    let quantized;
    try {
      quantized = await quantizeAll(network, quantize);
    } catch (error) {
      if (!(error instanceof OctavoError)) throw error;
      yield { ...row, error: error.message };
      continue;
    }
    const seconds = (performance.now() - begin) / 1000;
    const facts = Object.values(quantized).map((model) => model.describe().quantization);
    const applied = facts.flatMap((fact) => fact.applied);
    const islands = sum(facts.map((fact) => fact.islands.length));
    yield { ...row, ...(await run(quantized)), bytes: await fileBytes(quantized), seconds, applied, islands };
    for (const model of Object.values(quantized)) model.dispose();
  }
  for (const model of Object.values(models)) model.dispose();
}
