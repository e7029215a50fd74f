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

const quantizations = {
  'efficientnet-lite0.onnx static': (model) =>
    calibrationPhotos(8).then((calibration) => model.quantizeStatic({ calibration })),
  'efficientnet-lite0.onnx static, 7 bits, per tensor': (model) =>
    calibrationPhotos(8).then((calibration) =>
      model.quantizeStatic({ calibration, observer: 'minmax', reduceRange: true, perChannel: false }),
    ),
  'efficientnet-lite0.onnx dynamic': (model) => model.quantizeDynamic({ granularity: 'tensor' }),
  'resnet18-quarter.onnx dynamic': (model) => model.quantizeDynamic(),
  'mnist.onnx static': (model) =>
    digits('mnist-calibration-images.npy', 0, 64).then((batch) =>
      model.quantizeStatic({ calibration: [batch] }),
    ),
  'mnist.onnx dynamic, one row a run': (model) => model.quantizeDynamic(),
};

for (const [title, quantize] of Object.entries(quantizations)) {
  test(`int8 files mean the same in onnxruntime-web: ${title}`, async (context) => {
    const network = networks.find(({ file }) => title.startsWith(file));
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
      assert.ok(worst >= 0.999, `cosine ${worst}`);
      await session.release();
    });
  });
}
