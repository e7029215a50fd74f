// Networks out of folders as those of ONNX's own test data are: model.onnx, and test_data_set_0/input_0.pb and so on. All data
// sets calibrate, the first is what is run. Files of other tools beside the model, say model.int8.onnx, are measured as they are.
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { loadModel } from 'octavo';
import { readTensorProto } from 'octavo/node';
import { inBuild } from '../support/paths.mjs';
import { describeNetwork } from './network_json.mjs';

export const testCaseId = (folder) => `case-${basename(folder)}`;

const bytesOf = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);

/** The feeds of each data set. */
async function readDataSets(folder, inputs) {
  const names = (await readdir(folder)).filter((name) => name.startsWith('test_data_set_')).sort();
  if (names.length === 0) throw new Error(`${folder} has no test_data_set_0`);
  return Promise.all(
    names.map(async (name) =>
      Object.fromEntries(
        await Promise.all(
          inputs.map(async (input, i) => [
            input.name,
            (await readTensorProto(join(folder, name, `input_${i}.pb`))).tensor,
          ]),
        ),
      ),
    ),
  );
}

/** How a network may be quantized; those ways that it cannot are left out, and said. */
const quantizations = {
  u8: (model, calibration) => model.quantizeStatic({ calibration }),
  u7: (model, calibration) => model.quantizeStatic({ calibration, reduceRange: true }),
  'dynamic u8': (model) => model.quantizeDynamic(),
  'dynamic u7': (model) => model.quantizeDynamic({ reduceRange: true }),
};

async function quantizeAll(model, calibration, folder, files, say) {
  for (const [precision, quantize] of Object.entries(quantizations)) {
    try {
      const small = await quantize(model, calibration);
      const file = `${precision.replace(' ', '-')}.onnx`;
      await writeFile(join(folder, file), await small.toOnnx());
      files[file] = precision;
      small.dispose();
    } catch (error) {
      say(`not as ${precision}: ${error.message}`);
    }
  }
}

/** Writes the material of a folder's network. */
export async function prepareTestCase(source, say) {
  say(`preparing ${source}`);
  const folder = inBuild('material', testCaseId(source));
  await mkdir(folder, { recursive: true });
  const model = await loadModel(await readFile(join(source, 'model.onnx')));
  const dataSets = await readDataSets(source, model.inputs);
  const files = {};
  for (const file of (await readdir(source)).filter((name) => name.endsWith('.onnx')).sort()) {
    await copyFile(join(source, file), join(folder, file));
    files[file] = file === 'model.onnx' ? 'f32' : basename(file, '.onnx');
  }
  await quantizeAll(model, dataSets, folder, files, say);
  const feeds = [];
  for (const [i, { name }] of model.inputs.entries()) {
    const { type, dims, data } = dataSets[0][name];
    await writeFile(join(folder, `input_${i}`), bytesOf(data));
    feeds.push({ name, type, dims, file: `input_${i}` });
  }
  await describeNetwork(folder, {
    name: basename(source),
    feeds,
    output: model.outputs[0].name,
    macs: null,
    quantized: { leastCosine: 0.9, top1: false },
    files,
  });
  model.dispose();
}
