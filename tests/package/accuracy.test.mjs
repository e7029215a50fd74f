// What quantization costs on networks with trained weights.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, loadModel } from 'octavo';
import { readNpy } from 'octavo/node';
import { withEngine } from './support/engines.mjs';
import { calibrationPhotos, digits, images, modelBytes, modelFile, photos } from './support/networks.mjs';
import { argmax, cosine, mean, softmax, sqnrDb } from './support/numbers.mjs';

test('static int8 EfficientNet-Lite0 keeps the classes of sure photos', async (context) => {
  await withEngine('relaxed', async (engine) => {
    const bytes = await modelBytes('efficientnet-lite0.onnx');
    const float = await loadModel(bytes, { engine });
    const calibration = await calibrationPhotos();
    assert.ok(calibration.length <= 32);
    const quantized = await float.quantizeStatic({ calibration });
    const cosines = [];
    let sure = 0;
    for await (const { name, tensor } of images('photos', 'efficientnet-lite')) {
      const expected = (await float.run({ images: tensor })).logits.data;
      const actual = (await quantized.run({ images: tensor })).logits.data;
      cosines.push(cosine(expected, actual));
      if (Math.max(...softmax(expected)) <= 0.5) continue;
      ++sure;
      assert.equal(argmax(actual), argmax(expected), name);
    }
    assert.ok(sure >= 10, `only ${sure} photos are sure`);
    const share = (await quantized.toOnnx()).byteLength / bytes.byteLength;
    context.diagnostic(
      `mean cosine ${mean(cosines).toFixed(4)}, file ${share.toFixed(4)}, ${sure} sure photos`,
    );
    assert.ok(mean(cosines) >= 0.98, `mean cosine ${mean(cosines)}`);
    assert.ok(share <= 0.27, `file size ${share}`);
    assert.deepEqual(quantized.describe().quantization.islands, []);
  });
});

/** How close the quantized network's logits are to those of float on the photos that it was not calibrated with. */
async function closeness(float, quantized) {
  const [sqnrs, cosines] = [[], []];
  let same = 0;
  for await (const { tensor } of images('photos', 'efficientnet-lite')) {
    const expected = (await float.run(tensor)).logits.data;
    const actual = (await quantized.run(tensor)).logits.data;
    sqnrs.push(sqnrDb(expected, actual));
    cosines.push(cosine(expected, actual));
    same += argmax(actual) === argmax(expected);
  }
  return { sqnr: mean(sqnrs), cosine: mean(cosines), same, count: sqnrs.length };
}

test('weights are rounded, and biases corrected, so that the network comes 5 dB closer to float', async (context) => {
  await withEngine('relaxed', async (engine) => {
    const float = await loadModel(await modelBytes('efficientnet-lite0.onnx'), { engine });
    const calibration = await calibrationPhotos();
    const made = async (options) => {
      const quantized = await float.quantizeStatic({ calibration, ...options });
      const found = await closeness(float, quantized);
      const { applied } = quantized.describe().quantization;
      const gain = applied.map(
        ({ method, layers, gainDb }) => `, ${method} in ${layers} layers (${gainDb} dB)`,
      );
      context.diagnostic(
        `${JSON.stringify(options)}: ${found.sqnr.toFixed(1)} dB, cosine ${found.cosine.toFixed(4)}, ` +
          `${found.same} of ${found.count} classes the same${gain.join('')}`,
      );
      return { ...found, applied };
    };
    const plain = { rounding: 'nearest', biasCorrection: false };
    const nearest = await made(plain);
    const corrected = await made({ rounding: 'nearest' });
    const gptq = await made({});
    const u7 = await made({ reduceRange: true });
    assert.deepEqual(nearest.applied, []);
    assert.equal(corrected.applied[0].method, 'biasCorrection');
    assert.ok(corrected.applied[0].layers >= 30);
    assert.ok(corrected.sqnr > nearest.sqnr + 1.5, `${corrected.sqnr} dB`);
    const [rounding, bias] = gptq.applied;
    assert.deepEqual([rounding.method, bias.method], ['gptq', 'biasCorrection']);
    assert.ok(rounding.layers >= 45 && rounding.gainDb > 3);
    const sixBits = await made({ weightBits: 6 });
    assert.ok(sixBits.sqnr >= 17, `${sixBits.sqnr} dB`);
    assert.ok(gptq.sqnr >= 24 && gptq.sqnr > nearest.sqnr + 4, `${gptq.sqnr} dB`);
    assert.ok(gptq.cosine >= 0.998, `cosine ${gptq.cosine}`);
    assert.equal(gptq.same, gptq.count);
    assert.ok(u7.sqnr >= 19, `${u7.sqnr} dB`);
  });
});

test('static int8 MNIST is as accurate as float', async (context) => {
  await withEngine('relaxed', async (engine) => {
    const labels = (await readNpy(modelFile('mnist-test-labels.npy'))).data;
    const batch = await digits('mnist-test-images.npy', 0, labels.length);
    const float = await loadModel(await modelBytes('mnist.onnx'), { engine });
    const quantized = await float.quantizeStatic({
      calibration: [await digits('mnist-calibration-images.npy', 0, 64)],
    });
    const accuracy = async (model) => {
      const { data } = (await model.run({ digits: batch })).logits;
      const right = [...labels].filter((label, i) => argmax(data.subarray(10 * i, 10 * i + 10)) === label);
      return right.length / labels.length;
    };
    const [before, after] = [await accuracy(float), await accuracy(quantized)];
    context.diagnostic(`float ${before}, int8 ${after}`);
    assert.ok(before > 0.97);
    assert.ok(after >= before - 0.003);
  });
});

test('compare reports what the models do', async () => {
  await withEngine('relaxed', async (engine) => {
    const float = await loadModel(await modelBytes('efficientnet-lite0.onnx'), { engine });
    const samples = await photos(3);
    const quantized = await float.quantizeStatic({ calibration: samples });
    const report = await compare(float, quantized, samples, { repeats: 2, layers: true });
    const cosines = [];
    for (const tensor of samples) {
      const outputs = await Promise.all([float, quantized].map((model) => model.run(tensor)));
      cosines.push(cosine(outputs[0].logits.data, outputs[1].logits.data));
    }
    assert.equal(report.samples, 3);
    assert.ok(Math.abs(report.outputs[0].cosine - mean(cosines)) < 1e-5);
    assert.ok(report.layers.length > 40);
    assert.ok(report.layers.every(({ cosine: value, name, op }) => value > 0.5 && name !== '' && op !== ''));
    const same = await compare(float, float, samples, { repeats: 1 });
    assert.equal(same.top1Agreement, 1);
    assert.equal(same.outputs[0].maxAbs, 0);
  });
});
