// Quantizing EfficientNet-Lite0 on the device, beside a run of its float model.
import { Tensor, createEngine, loadModel } from 'octavo';
import { argmax, quantizedAgrees } from '../support/agree.mjs';
import { quantizeCases } from '../support/cases.mjs';
import { networks } from '../support/networks.mjs';
import { makeRow } from '../support/stats.mjs';
import { takeTurns } from '../support/turns.mjs';

const network = networks.find(({ id }) => id === 'efficientnet-lite0');

const pictures = (floats) => {
  const size = network.dims.reduce((product, dim) => product * dim, 1);
  return Array.from(
    { length: floats.length / size },
    (_, i) => new Tensor('float32', floats.subarray(i * size, (i + 1) * size), network.dims),
  );
};

/** Says what is wrong with the answer of a new quantized model; frees it. */
async function complaintAbout(small, input, expected) {
  const { data } = (await small.run(input))[network.output];
  small.dispose();
  return quantizedAgrees(expected, data, network.quantized);
}

async function measureBuild(build, { bytes, input, calibration }, context) {
  const engine = await createEngine({ build, worker: false, threads: 1 });
  const model = await loadModel(bytes, { engine });
  const expected = (await model.run(input))[network.output].data;
  if (argmax(expected) !== network.label) throw new Error(`the float model sees ${argmax(expected)}`);
  const makers = {
    dynamic: () => model.quantizeDynamic(),
    static: () => model.quantizeStatic({ calibration }),
  };
  for (const [name, make] of Object.entries(makers)) {
    const complaint = await complaintAbout(await make(), input, expected);
    if (complaint) throw new Error(`${quantizeCases[name]}: the output ${complaint}`);
  }
  const tasks = {
    float: () => model.run(input),
    dynamic: async () => (await makers.dynamic()).dispose(),
    static: async () => (await makers.static()).dispose(),
  };
  const contestants = Object.values(tasks).map((task) => ({
    run: async (repetitions) => {
      for (let i = 0; i < repetitions; ++i) await task();
    },
  }));
  const samples = await takeTurns(contestants, { rounds: Math.min(context.rounds, 10), budgetMs: 1000 });
  engine.dispose();
  const common = { kind: 'quantize', runtime: 'octavo', build, threads: 1 };
  return Object.keys(tasks).map((name, i) => makeRow({ case: quantizeCases[name], ...common }, samples[i]));
}

export async function measureQuantizing(context) {
  const floats = async (name) =>
    new Float32Array((await context.bytes(`material/${network.id}/${name}.f32`)).buffer);
  const material = {
    bytes: await context.bytes(`material/${network.id}/float.onnx`),
    input: { [network.input]: new Tensor('float32', await floats('input'), network.dims) },
    calibration: pictures(await floats('calibration')),
  };
  const rows = [];
  for (const build of context.builds) rows.push(...(await measureBuild(build, material, context)));
  return rows;
}
