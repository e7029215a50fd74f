// A step of training, in float and quantization-aware, beside an inference of the same batch, and beside jax-js, TensorFlow.js and
// PyTorch: from the same weights on the same batch.
import { octavoSteps } from '../runtimes/training/octavo.mjs';
import { startOctavos } from '../runtimes/octavo.mjs';
import { torchSteps } from '../runtimes/training/pytorch.mjs';
import { floatsAgree } from '../support/agree.mjs';
import { roundedStepAgrees, splitParameters, stepAgrees, trainingRows } from '../support/training.mjs';
import { byContestant, contest } from './contest.mjs';

async function readMaterial(context) {
  const { network: id, bytes, text } = context;
  const folder = `material/${id}`;
  const floats = async (name) => new Float32Array((await bytes(`${folder}/${name}.f32`)).buffer);
  const described = JSON.parse(await text(`${folder}/network.json`));
  const parameters = async (name) => splitParameters(described.layers, await floats(name));
  return {
    ...{ id, ...described, bytes: await bytes(`${folder}/model.onnx`) },
    ...{ images: await floats('images'), logits: await floats('logits') },
    ...{ before: await parameters('before'), after: await parameters('after') },
  };
}

/** Entries of contests, with what is right. */
function entryMakers(material) {
  const expected = { loss: material.loss, weights: material.after };
  const check = {
    step: (actual) => stepAgrees(expected, actual),
    rounded: (actual) => roundedStepAgrees(expected, material.before, actual),
  };
  const step = (runtime, row) => ({
    ...{ runtime, bytes: material, extra: { row: trainingRows[row] } },
    check: row === 'step' ? check.step : check.rounded,
  });
  const inference = (runtime) => ({
    ...{ runtime, bytes: material.bytes, extra: { row: trainingRows.inference } },
    feeds: { digits: { type: 'float32', data: material.images, dims: material.dims } },
    check: ({ logits }) => floatsAgree(material.logits, logits),
  });
  return { step, inference };
}

/** Peers have one thread only. */
async function startPeers({ threads, askPython, importTfjsTraining, say }) {
  if (threads > 1) return { floats: [], roundeds: [] };
  const { startJax } = await import('../runtimes/training/jax.mjs');
  const { startTfjsTraining } = await importTfjsTraining();
  if (!askPython) say('PyTorch is left out: --python names no interpreter that has it');
  const torch = askPython ? [false, true].map((rounded) => torchSteps(askPython, rounded)) : [];
  return {
    floats: [await startJax(), await startTfjsTraining(), ...torch.slice(0, 1)],
    roundeds: torch.slice(1),
  };
}

export async function measureTraining(context) {
  const material = await readMaterial(context);
  const { step, inference } = entryMakers(material);
  const octavos = await startOctavos({ ...context, training: true }, context.say);
  const { floats, roundeds } = await startPeers(context);
  const entries = [
    ...octavos.flatMap((octavo) => [
      inference(octavo),
      ...['step', 'qat', 'learned'].map((how) => step(octavoSteps(octavo, how), how)),
    ]),
    ...floats.map((runtime) => step(runtime, 'step')),
    ...roundeds.map((runtime) => step(runtime, 'qat')),
  ];
  const rows = [];
  for (const group of context.threads > 1 ? byContestant(entries) : [entries])
    rows.push(
      ...(await contest({ case: material.name, kind: 'training' }, group, { ...context, patience: 3 })),
    );
  for (const octavo of octavos) octavo.dispose();
  return rows;
}
