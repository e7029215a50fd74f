// The classic: ResNet-18 with its Linear layer quantized dynamically, the first example of PyTorch's quantize_dynamic.
//   node examples/quantize-resnet18.mjs
import { fileURLToPath } from 'node:url';
import { compare, imageToTensor, loadModel, preprocessingFor } from 'octavo';
import { enableRelaxedSimd, readImage } from 'octavo/node';

const file = (path) => fileURLToPath(new URL(`../models/${path}`, import.meta.url));

enableRelaxedSimd();
const model = await loadModel(file('resnet18-quarter.onnx'));
const quantized = await model.quantizeDynamic({ opTypesToQuantize: ['Gemm'] });

const preprocessing = preprocessingFor(model.inputs[0], 'imagenet');
const images = imageToTensor(await readImage(file('photos/cat.jpg')), preprocessing);
for (const [name, network] of Object.entries({ float: model, int8: quantized })) {
  const { logits } = await network.run({ images });
  const start = [...logits.data.slice(0, 6)].map((value) => Number(value).toFixed(4));
  console.log(`${name.padEnd(5)} logits [${logits.dims}]: ${start.join(', ')}, …`);
}

const report = await compare(model, quantized, [{ images }], { repeats: 20 });
for (const name of ['float', 'quantized']) {
  const { bytes, ms, msBest } = report[name];
  console.log(
    `${name.padEnd(9)} ${(bytes / 1e6).toFixed(2)} MB, ${ms.toFixed(2)} ms (best ${msBest.toFixed(2)} ms)`,
  );
}
const [{ cosine, sqnrDb }] = report.outputs;
console.log(
  `cosine ${cosine.toFixed(6)}, SQNR ${sqnrDb.toFixed(1)} dB, ${report.speedup.toFixed(2)} x as fast`,
);

quantized.dispose();
model.dispose();
