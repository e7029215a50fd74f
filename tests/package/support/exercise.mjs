// All that a file goes through in one engine: load, run, quantize both ways, run, write, load again.
import { Tensor, loadModel } from 'octavo';
import { inner } from './package.mjs';

const { elementTypes } = await inner('tensor.js');

/** Runs on larger feeds would only take time. */
const mostElements = 20_000;

/** Feeds of the sizes that the inputs ask for; undefined where they ask for too much. */
function feedsFor(inputs, random) {
  const feeds = [];
  let total = 0;
  for (const { name, type, dims = random.pick([[], [4], [2, 8], [1, 3, 4, 5]]) } of inputs) {
    const sizes = dims.map((dim) => (typeof dim === 'number' ? dim : 1 + random.below(3)));
    const count = sizes.reduce((product, dim) => product * dim, 1);
    total += count;
    if (!(total <= mostElements) || !elementTypes[type]) return undefined;
    const integer = type.endsWith('64') && type !== 'float64';
    const number = () =>
      type.startsWith('float') ? random.below(2001) / 500 - 2 : random.below(type === 'bool' ? 2 : 9);
    const data = elementTypes[type].array.from({ length: count }, () =>
      integer ? BigInt(number()) : number(),
    );
    feeds.push([name, new Tensor(type, data, sizes)]);
  }
  return Object.fromEntries(feeds);
}

/**
 * Takes a file through everything. An OctavoError is a good answer at each step; anything else is a finding, which is
 * thrown. Gives how far it came.
 */
export async function exercise(engine, bytes, random) {
  const alive = [];
  const keep = (model) => (alive.push(model), model);
  const reached = {};
  const step = async (name, work) => {
    try {
      const result = await work();
      reached[name] = true;
      return result;
    } catch (error) {
      if (error?.name !== 'OctavoError')
        throw new Finding(name, `an untyped error: ${error?.stack ?? error}`);
      if (error.code === 'Internal' || !engine.usable) throw new Finding(name, error.message);
      return undefined;
    }
  };
  const exerciseCopy = async (name, copy, feeds) => {
    if (!copy) return;
    keep(copy);
    await step(`run ${name}`, () => copy.run(feeds));
    const onnx = await step(`write ${name}`, () => copy.toOnnx());
    const again = onnx && (await step(`load ${name} again`, () => loadModel(onnx, { engine })));
    if (again) await step(`run ${name} again`, () => keep(again).run(feeds));
  };
  try {
    const model = await step('load', () => loadModel(bytes, { engine }));
    if (!model) return reached;
    keep(model).describe();
    const feeds = feedsFor(model.inputs, random);
    if (!feeds) return reached;
    await step('run', () => model.run(feeds));
    await step('run again', () => model.run(feeds));
    await exerciseCopy(
      'dynamic',
      await step('quantizeDynamic', () => model.quantizeDynamic({ reduceRange: random.chance(2) })),
      feeds,
    );
    const observer = random.pick(['minmax', 'histogram', 'movingAverage', 'percentile', 'entropy', 'mse']);
    const calibration = [feeds];
    await exerciseCopy(
      'static',
      await step('quantizeStatic', () => model.quantizeStatic({ calibration, observer })),
      feeds,
    );
    const onnx = await step('write', () => model.toOnnx());
    if (onnx && (await step('load again', async () => keep(await loadModel(onnx, { engine })))) === undefined)
      reached.unreadable = true;
    return reached;
  } finally {
    alive.forEach((model) => model.dispose());
  }
}

/** Something that must not happen. */
export class Finding extends Error {
  constructor(step, message) {
    super(`${step}: ${message}`);
  }
}
