// Octavo beside onnxruntime-web: float outputs, and the int8 files that Octavo writes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadModel } from 'octavo';
import { builds, withEngine } from './support/engines.mjs';
import { calibrationPhotos, digits, modelBytes, networks } from './support/networks.mjs';
import { argmax, cosine, largest, largestDifference } from './support/numbers.mjs';
import { createSession, runSession } from './support/onnxruntime.mjs';

for (const { file, input, output, samples } of networks) {
  test(`float outputs agree: ${file}`, async (context) => {
    const bytes = await modelBytes(file);
    const session = await createSession(bytes);
    const inputs = await samples();
    assert.ok(inputs.length >= 5);
    for (const build of builds) {
      await withEngine(build, async (engine) => {
        const model = await loadModel(bytes, { engine });
        let worst = 0;
        for (const tensor of inputs) {
          const expected = (await runSession(session, input, tensor))[output];
          const actual = (await model.run({ [input]: tensor }))[output];
          assert.deepEqual(actual.dims, [...expected.dims]);
          worst = Math.max(worst, largestDifference(expected.data, actual.data) / largest(expected.data));
        }
        context.diagnostic(`${build}: ${worst.toExponential(1)} of the largest output`);
        assert.ok(worst <= 1e-4, `${build}: ${worst}`);
      });
    }
    await session.release();
  });
}

// What differs from Octavo's own output at all: onnxruntime rounds some sums and products of integers elsewhere.
const quantizations = [
  {
    title: 'EfficientNet-Lite0, static',
    file: 'efficientnet-lite0.onnx',
    quantize: async (model) => model.quantizeStatic({ calibration: await calibrationPhotos() }),
  },
  {
    // Beyond what calibration saw, Octavo saturates at 127; ONNX has no such type, so onnxruntime goes on to 255.
    title: 'EfficientNet-Lite0, static, 7 bits, per tensor',
    file: 'efficientnet-lite0.onnx',
    quantize: async (model) =>
      model.quantizeStatic({
        calibration: await calibrationPhotos(),
        observer: 'minmax',
        reduceRange: true,
        perChannel: false,
      }),
    cosine: 0.99,
  },
  {
    title: 'EfficientNet-Lite0, dynamic',
    file: 'efficientnet-lite0.onnx',
    quantize: (model) => model.quantizeDynamic(),
  },
  {
    title: 'EfficientNet-Lite0, dynamic, convolutions too',
    file: 'efficientnet-lite0.onnx',
    quantize: (model) =>
      model.quantizeDynamic({ opTypesToQuantize: ['Conv', 'Gemm'], granularity: 'tensor' }),
  },
  {
    title: 'ResNet-18, dynamic',
    file: 'resnet18-quarter.onnx',
    quantize: (model) => model.quantizeDynamic(),
  },
  {
    title: 'MNIST, static',
    file: 'mnist.onnx',
    quantize: async (model) =>
      model.quantizeStatic({ calibration: [await digits('mnist-calibration-images.npy', 0, 64)] }),
  },
  {
    // Of few bits others know by the Clip before each, which Octavo does not compute.
    title: 'MNIST, static, 4 bits',
    file: 'mnist.onnx',
    quantize: async (model) => {
      const calibration = [await digits('mnist-calibration-images.npy', 0, 64)];
      const quantized = await model.quantizeStatic({ calibration, weightBits: 4, activationBits: 4 });
      assert.deepEqual(quantized.describe().quantization.islands, []);
      assert.ok(quantized.describe().operators.Clip > 0);
      return quantized;
    },
  },
  { title: 'MNIST, dynamic', file: 'mnist.onnx', quantize: (model) => model.quantizeDynamic() },
];

for (const { title, file, quantize, cosine: required = 0.999 } of quantizations) {
  test(`int8 files mean the same in onnxruntime-web: ${title}`, async (context) => {
    const network = networks.find((candidate) => candidate.file === file);
    // A row and a tensor are the same where a run has one row.
    const inputs = (await network.samples()).filter(({ dims }) => dims[0] === 1);
    await withEngine('relaxed', async (engine) => {
      const float = await loadModel(await modelBytes(network.file), { engine });
      const quantized = await quantize(float);
      const onnx = await quantized.toOnnx();
      const session = await createSession(onnx);
      const again = await loadModel(onnx, { engine });
      let worst = 1;
      for (const tensor of inputs) {
        const theirs = (await runSession(session, network.input, tensor))[network.output].data;
        const ours = (await quantized.run({ [network.input]: tensor }))[network.output].data;
        const reloaded = (await again.run({ [network.input]: tensor }))[network.output].data;
        assert.deepEqual(reloaded, ours, 'the file comes back as another model');
        assert.equal(argmax(theirs), argmax(ours));
        worst = Math.min(worst, cosine(theirs, ours));
      }
      context.diagnostic(`cosine ${worst.toFixed(6)}, ${onnx.byteLength} bytes`);
      assert.ok(worst >= required, `cosine ${worst}`);
      await session.release();
    });
  });
}
