// EfficientNet-Lite0, trained on ImageNet, as float, dynamically and statically quantized: what changes?
//   node examples/quantize-efficientnet.mjs [OUTPUT.onnx]
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare, defaultEngine, imageToTensor, loadModel, preprocessingFor } from 'octavo';
import { enableRelaxedSimd, listFiles, readImage } from 'octavo/node';
import { megabytes, milliseconds, newTable } from './support/table.mjs';

const shownPhotos = ['panda', 'macaw', 'coffee'];
const file = (path) => fileURLToPath(new URL(`../models/${path}`, import.meta.url));
const outputPath = process.argv[2] ?? 'efficientnet-lite0.int8.onnx';

enableRelaxedSimd();
const labels = JSON.parse(await readFile(file('imagenet-labels.json'), 'utf8'));
const photos = await listFiles([file('photos')]);
const calibrationPhotos = await listFiles([file('photos/calibration')]);
const readPhoto = async (path) => imageToTensor(await readImage(path), preprocessing);
async function* readPhotos(paths) {
  for (const path of paths) yield await readPhoto(path);
}

const { info } = await defaultEngine();
console.log(`Engine: ${info.build} build (${info.why}); relaxed dot product: ${info.dot}`);
const float = await loadModel(file('efficientnet-lite0.onnx'));
const preprocessing = preprocessingFor(float.inputs[0], 'efficientnet-lite');

let start = performance.now();
const dynamic = await float.quantizeDynamic({ opTypesToQuantize: ['Conv', 'Gemm', 'MatMul'] });
console.log(`Quantized dynamically in ${seconds(start)}.`);

start = performance.now();
const quantized = await float.quantizeStatic({ calibration: readPhotos(calibrationPhotos) });
console.log(`Quantized statically with ${calibrationPhotos.length} photos in ${seconds(start)}.\n`);

const models = { float, dynamic, static: quantized };
await printTop5();
await printComparison();

const onnx = await quantized.toOnnx();
await writeFile(outputPath, onnx);
console.log(`\nWrote ${outputPath} (${megabytes(onnx.byteLength)}).`);
for (const model of Object.values(models)) model.dispose();

/** The five most likely classes of a few photos, by each model. */
async function printTop5() {
  for (const path of photos.filter((photo) => shownPhotos.includes(basename(photo, '.jpg')))) {
    const table = newTable(Object.keys(models));
    const columns = [];
    for (const model of Object.values(models)) {
      const { logits } = await model.run({ images: await readPhoto(path) });
      columns.push(top5(logits.data).map(({ label, share }) => `${label} ${(100 * share).toFixed(1)} %`));
    }
    table.push(...columns[0].map((_, rank) => columns.map((column) => column[rank])));
    console.log(`${basename(path)}\n${table.toString()}\n`);
  }
}

function top5(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers
    .map((power, index) => ({ label: labels[index], share: power / sum }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 5);
}

/** Size, time and agreement over all photos. */
async function printComparison() {
  const head = ['', 'file', 'time a photo', 'best', 'speed-up', 'cosine', 'SQNR', 'same top-1'];
  const table = newTable(head);
  const figures = ({ bytes, ms, msBest }) => [megabytes(bytes), milliseconds(ms), milliseconds(msBest)];
  for (const [name, model] of Object.entries({ dynamic, static: quantized })) {
    const report = await compare(float, model, readPhotos(photos), { repeats: 3 });
    if (table.length === 0) table.push(['float', ...figures(report.float), '', '', '', '']);
    const [{ cosine, sqnrDb }] = report.outputs;
    const agreement = [
      cosine.toFixed(4),
      `${sqnrDb.toFixed(1)} dB`,
      `${(100 * report.top1Agreement).toFixed(0)} %`,
    ];
    table.push([name, ...figures(report.quantized), `${report.speedup.toFixed(2)} x`, ...agreement]);
  }
  console.log(`All ${photos.length} photos:\n${table.toString()}`);
}

function seconds(since) {
  return `${((performance.now() - since) / 1e3).toFixed(2)} s`;
}
