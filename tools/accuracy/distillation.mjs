// npm run accuracy:distillation [-- --threads N --no-build]: EfficientNet-Lite0 of models/ at 8 bits, trained on its 32 calibration photos
// with the float network as the teacher, beside the best of quantization after training, from which it goes on. Prints the lines of
// docs/accuracy.md.
import { say } from '../lib/log.mjs';
import { inRoot } from '../lib/paths.mjs';
import { main } from '../lib/run.mjs';
import { score } from './score.mjs';
import { start } from './start.mjs';

/** One training behind the other: each goes on from the network that the one before has made. */
const stages = [
  { what: 'biases', isTrained: (name) => name.endsWith('bias'), learningRate: 2e-4, epochs: 8 },
  { what: 'all', isTrained: () => true, learningRate: 1e-5, epochs: 6 },
];
const batchSize = 8;
const observer = 'mse';
/** Share of a photo's area that a crop has, at least, and by how much its proportions differ. */
const [smallest, stretched] = [0.35, 4 / 3];

/** A part of a photo, as often as not mirrored. */
function augmented(photo, preprocessing, random, { crop, imageToTensor }) {
  const area = photo.width * photo.height * (smallest + (1 - smallest) * random());
  const proportion = stretched ** (2 * random() - 1);
  const width = Math.min(photo.width, Math.round(Math.sqrt(area * proportion)));
  const height = Math.min(photo.height, Math.round(Math.sqrt(area / proportion)));
  const [left, top] = [photo.width - width + 1, photo.height - height + 1].map((n) =>
    Math.floor(n * random()),
  );
  const tensor = imageToTensor(crop(photo, left, top, width, height), {
    ...preprocessing,
    resize: 'stretch',
  });
  const side = preprocessing.width;
  if (random() < 0.5)
    for (let row = 0; row < tensor.data.length; row += side) tensor.data.subarray(row, row + side).reverse();
  return tensor;
}

await main(async () => {
  const values = await start('threads');
  const { listFiles, readImage } = await import('octavo/node');
  const { createEngine, imageToTensor, loadModel, preprocessingFor } = await import('octavo');
  const { crop } = await import(inRoot('web/package/dist/preprocess/resize.js'));
  const engine = await createEngine({ training: true, threads: Number(values.threads) });
  const model = await loadModel(inRoot('models/efficientnet-lite0.onnx'), { engine });
  const preprocessing = preprocessingFor(model.inputs[0], 'efficientnet-lite');
  const photos = async (folder) => Promise.all((await listFiles([inRoot(folder)])).map(readImage));
  const calibrationPhotos = await photos('models/photos/calibration');
  const samples = calibrationPhotos.map((photo) => imageToTensor(photo, preprocessing));
  const photoOf = new Map(samples.map((sample, i) => [sample, calibrationPhotos[i]]));
  const tests = (await photos('models/photos')).map((photo) => imageToTensor(photo, preprocessing));
  const outputs = async (network) => {
    const all = [];
    for (const sample of tests) all.push(...(await network.run(sample)).logits.data);
    return Float32Array.from(all);
  };
  const reference = await outputs(model);
  const told = async (network) => {
    const { sqnrDb, agreement } = score({
      outputs: await outputs(network),
      reference,
      count: tests.length,
    });
    return `${sqnrDb.toFixed(1)} dB, ${(100 * agreement).toFixed(0)} % the same`;
  };
  const names = (await model.prepareTraining()).parameters;
  let network = await model.quantizeStatic({ calibration: samples, observer });
  say(`static ${observer}: ${await told(network)}`);
  const begin = performance.now();
  for (const { what, isTrained, learningRate, epochs } of stages) {
    const trainer = await model.prepareQat({ from: network, parameters: names.filter(isTrained) });
    const fit = {
      samples,
      augment: (sample, random) =>
        augmented(photoOf.get(sample), preprocessing, random, { crop, imageToTensor }),
      loss: 'meanSquaredError',
      optimizer: { name: 'adam', learningRate },
      schedule: 'cosine',
      freezeObservers: 0,
      batchSize,
      epochs,
    };
    let steps = 0;
    for await (const done of trainer.fit(fit)) steps = done.step;
    network.dispose();
    network = await trainer.convert();
    trainer.dispose();
    const seconds = (performance.now() - begin) / 1000;
    say(`  ${what}, ${steps} steps: ${await told(network)}, after ${seconds.toFixed(0)} s`);
  }
  engine.dispose();
});
