// Training as a page or a script does it: fit, step, evaluate, convert, save and resume.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tensor, loadModel } from 'octavo';
import { readNpy } from 'octavo/node';
import { builds, withEngine } from './support/engines.mjs';
import { digits, modelBytes, modelFile } from './support/networks.mjs';
import { cosine } from './support/numbers.mjs';
import { normalizedNetwork } from './support/normalized_network.mjs';
import { onnxModel } from './support/onnx_model.mjs';

const pixels = 28 * 28;

/** Handwritten digits: samples of one each, and their classes. */
async function labelled(from, count) {
  const { data } = await digits('mnist-test-images.npy', from, count);
  const classes = await readNpy(modelFile('mnist-test-labels.npy'));
  return {
    samples: Array.from(
      { length: count },
      (_, i) => new Tensor('float32', data.slice(i * pixels, (i + 1) * pixels), [1, 1, 28, 28]),
    ),
    labels: Array.from(classes.data.subarray(from, from + count), Number),
  };
}

const learning = await labelled(0, 128);
const checks = await labelled(128, 64);

async function steps(fit) {
  const all = [];
  for await (const step of fit) all.push(step);
  return all;
}

const bytesOf = (record) =>
  Object.entries(record).map(([name, { data }]) => [name, Buffer.from(data.buffer).toString('base64')]);

for (const build of builds)
  test(`few bits lose less when the network is trained with them (${build})`, () =>
    withEngine(build, async (engine) => {
      const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
      const before = await model.toOnnx();
      const calibration = learning.samples.slice(0, 32);
      const trainer = await model.prepareQat({ weights: { bits: 2 }, activations: { bits: 4 }, calibration });
      assert.ok(trainer.parameters.length > 3);
      const untrained = await trainer.evaluate(checks);
      const told = await steps(
        trainer.fit({ ...learning, epochs: 3, batchSize: 32, validation: checks, schedule: 'cosine' }),
      );
      assert.deepEqual(
        told.map(({ step, epoch }) => [step, epoch]),
        Array.from({ length: 12 }, (_, i) => [i + 1, 1 + Math.floor(i / 4)]),
      );
      assert.deepEqual(
        told.map(({ validation }) => validation !== undefined),
        told.map(({ step }) => step % 4 === 0),
      );
      assert.ok(told.at(-1).loss < told[0].loss / 2, `${told[0].loss} -> ${told.at(-1).loss}`);
      const { accuracy, samples } = told.at(-1).validation;
      assert.equal(samples, 64);
      assert.ok(accuracy > untrained.accuracy + 0.05, `${untrained.accuracy} -> ${accuracy}`);
      const small = await trainer.convert();
      assert.equal(small.engine, engine);
      assert.equal(small.describe().quantization.scheme, 'static');
      assert.ok(small.describe().quantization.integerNodes > 0);
      let right = 0;
      for (const [i, sample] of checks.samples.entries()) {
        const { data } = Object.values(await small.run(sample))[0];
        if (data.indexOf(Math.max(...data)) === checks.labels[i]) ++right;
      }
      assert.equal(right / 64, accuracy);
      // What is written is what runs.
      const again = await loadModel(await small.toOnnx(), { engine });
      assert.deepEqual(await again.run(checks.samples[0]), await small.run(checks.samples[0]));
      assert.deepEqual(await model.toOnnx(), before);
    }));

test('a training that is saved goes on to the same bits, with the teacher that it had', () =>
  withEngine('simd', async (engine) => {
    const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
    const calibration = learning.samples.slice(0, 16);
    const options = {
      samples: learning.samples.slice(0, 60),
      epochs: 2,
      batchSize: 16,
      optimizer: { name: 'sgd', momentum: 0.9, learningRate: 0.01 },
      schedule: { name: 'cosine', warmup: 2 },
      freezeObservers: 0.5,
      seed: 7,
      augment: (sample, random) => ({ ...sample, data: sample.data.map((x) => x + 0.1 * random()) }),
    };
    for (const scales of ['observed', 'learned']) {
      const whole = await model.prepareQat({ weights: { bits: 4 }, scales, calibration });
      const expected = await steps(whole.fit(options));
      const first = await model.prepareQat({ weights: { bits: 4 }, scales, calibration });
      let saved;
      const before = [];
      for await (const step of first.fit(options)) {
        before.push(step);
        if (step.step < 3) continue;
        saved = await first.save();
        break;
      }
      const second = await model.resumeQat(saved);
      const after = await steps(second.fit(options));
      const told = ({ step, epoch, loss, learningRate }) => ({ step, epoch, loss, learningRate });
      assert.deepEqual([...before, ...after].map(told), expected.map(told));
      assert.deepEqual(bytesOf(await second.weights()), bytesOf(await whole.weights()));
      assert.deepEqual(await (await second.convert()).toOnnx(), await (await whole.convert()).toOnnx());
      await assert.rejects(model.resumeTraining(saved), { code: 'InvalidInput', message: /resumeQat/ });
      const other = await loadModel(await modelBytes('resnet18-quarter.onnx'), { engine });
      await assert.rejects(other.resumeQat(saved), { code: 'InvalidInput' });
    }
    for (const bytes of [new Uint8Array(5), 'text', await model.toOnnx()])
      await assert.rejects(model.resumeQat(bytes), { name: 'OctavoError' });
  }));

test('training goes on from a quantized model', () =>
  withEngine('simd', async (engine) => {
    const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
    const calibration = learning.samples.slice(0, 16);
    for (const bits of [8, 4])
      for (const scales of ['observed', 'learned']) {
        const from = await model.quantizeStatic({ calibration, weightBits: bits, activationBits: bits });
        const options = { weights: { bits }, activations: { bits }, scales, from };
        const trainer = await model.prepareQat(options);
        const converted = await trainer.convert();
        for (const sample of checks.samples.slice(0, 8)) {
          const [expected, made] = [await from.run(sample), await converted.run(sample)];
          assert.ok(cosine(expected.logits.data, made.logits.data) > 0.99999, `${bits} bits, ${scales}`);
        }
        const fit = { samples: learning.samples.slice(0, 32), batchSize: 16 };
        const [first] = await steps(trainer.fit(fit));
        assert.ok(first.loss < 0.1, `${first.loss}`);
        const again = await model.resumeQat(await trainer.save());
        assert.deepEqual(await (await again.convert()).toOnnx(), await (await trainer.convert()).toOnnx());
        const told = ({ step, loss }) => ({ step, loss });
        const [mine, theirs] = [await steps(trainer.fit(fit)), await steps(again.fit(fit))];
        assert.deepEqual(theirs.map(told), mine.map(told));
        trainer.dispose();
        again.dispose();
      }
    await assert.rejects(model.prepareQat({ from: model }), {
      code: 'InvalidOption',
      message: /has none for/,
    });
    await assert.rejects(model.prepareQat({ from: 5 }), { code: 'InvalidOption' });
    await assert.rejects(model.prepareQat({}), { code: 'InvalidOption', message: /either/ });
  }));

test('weights alone are trained in blocks, and nothing is calibrated', () =>
  withEngine(
    'simd',
    async (engine) => {
      const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
      const selected = { opTypesToQuantize: ['Conv', 'Gemm'] };
      const how = { weights: { bits: 2, blockSize: 16 }, activations: 'float', ...selected };
      const fit = { ...learning, epochs: 2, batchSize: 32, optimizer: { name: 'adam', learningRate: 0.002 } };
      for (const scales of ['observed', 'learned']) {
        const trainer = await model.prepareQat({ ...how, scales });
        if (scales === 'learned') {
          const quantized = await model.quantizeWeights({ ...how.weights, ...selected });
          assert.deepEqual(await (await trainer.convert()).toOnnx(), await quantized.toOnnx());
        }
        const told = [];
        let saved;
        for await (const step of trainer.fit(fit)) {
          told.push(step.loss);
          if (step.step === 3) saved = await trainer.save();
        }
        assert.ok(told.at(-1) < told[0], `${told[0]} -> ${told.at(-1)}`);
        const small = await trainer.convert();
        assert.equal(small.describe().quantization.scheme, 'weight-only');
        const onnx = await small.toOnnx();
        const again = await loadModel(onnx, { engine });
        assert.deepEqual(await again.run(checks.samples[0]), await small.run(checks.samples[0]));
        const second = await model.resumeQat(saved);
        await steps(second.fit(fit));
        assert.deepEqual(await (await second.convert()).toOnnx(), onnx);
      }
      const refused = (options, message) =>
        assert.rejects(model.prepareQat(options), { code: 'InvalidOption', message });
      await refused({ ...how, calibration: learning.samples }, /neither 'calibration' nor 'from'/);
      await refused({ ...how, weights: { bits: 4, perChannel: false } }, /'perChannel' and 'range'/);
      await refused({ ...how, weights: { blockSize: 33 } }, /'blockSize' is one of/);
      await refused({ ...how, weights: { bits: 9 } }, /2 to 8/);
      await refused({ ...how, activations: 'dynamic' }, /'activations' is an object, or 'float'/);
      await refused(
        { weights: { blockSize: 32 }, calibration: [] },
        /'blockSize' is for activations in float/,
      );
    },
    { training: true },
  ));

test('the same bits on one and on several threads', async () => {
  const results = [];
  for (const threads of [1, 2]) {
    const work = async (engine) => {
      assert.equal(engine.info.training, true);
      const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
      const trainer = await model.prepareQat({ calibration: learning.samples.slice(0, 8) });
      const told = await steps(trainer.fit({ ...learning, epochs: 1, batchSize: 48 }));
      results.push([told.map(({ loss }) => loss), bytesOf(await trainer.weights())]);
    };
    await withEngine('simd', work, { threads, training: true });
  }
  assert.deepEqual(results[1], results[0]);
});

test('a loop of one’s own: float, gradients, memory', () =>
  withEngine(
    'simd',
    async (engine) => {
      const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
      const trainer = await model.prepareTraining();
      const data = new Float32Array(8 * pixels);
      learning.samples.slice(0, 8).forEach((sample, i) => data.set(sample.data, i * pixels));
      const batch = {
        inputs: new Tensor('float32', data, [8, 1, 28, 28]),
        targets: learning.labels.slice(0, 8),
      };
      const options = { optimizer: { name: 'sgd', learningRate: 0.5 }, loss: 'crossEntropy' };
      const { state, activations } = await trainer.memory(batch, options);
      assert.ok(state > 0 && activations > 0);
      const before = await trainer.weights();
      const gradients = await trainer.gradients(batch, options);
      assert.deepEqual(Object.keys(gradients), [...trainer.parameters]);
      const { loss, learningRate } = await trainer.step(batch, options);
      assert.equal(learningRate, 0.5);
      const after = await trainer.weights();
      for (const name of trainer.parameters)
        after[name].data.forEach((value, i) => {
          const expected = before[name].data[i] - 0.5 * gradients[name].data[i];
          assert.ok(Math.abs(value - expected) <= 1e-6 * Math.max(1, Math.abs(expected)));
        });
      assert.ok((await trainer.step(batch, options)).loss !== loss);
      const saved = await trainer.save();
      const second = await model.resumeTraining(saved);
      assert.equal((await second.step(batch, options)).loss, (await trainer.step(batch, options)).loss);
      const tuned = await trainer.convert();
      assert.equal(tuned.describe().quantization.scheme, 'none');
    },
    { training: true },
  ));

test('what cannot be trained says why, and leaves the engine usable', () =>
  withEngine(
    'simd',
    async (engine) => {
      const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
      const { samples, labels } = learning;
      const trainer = await model.prepareQat({ calibration: samples.slice(0, 4) });
      const few = { samples: samples.slice(0, 4), labels: labels.slice(0, 4) };
      const fails = (options, expected) => assert.rejects(steps(trainer.fit(options)), expected);
      await fails({ ...few, labels: [1, 2, 3, 10] }, { code: 'InvalidData', message: /label is 10/ });
      await fails({ ...few, labels: [1, 2] }, { code: 'InvalidOption', message: /2 labels for 4 samples/ });
      await fails({ ...few, labels: [1, 2, 3, 0.5] }, { code: 'InvalidInput', message: /label 3/ });
      await fails({ samples: [] }, { code: 'InvalidData' });
      await fails({ ...few, loss: 'hinge' }, { code: 'InvalidOption', message: /'loss' is one of/ });
      await fails({ ...few, optimizer: { name: 'adam', learningRate: -1 } }, { code: 'InvalidOption' });
      await fails({ ...few, epoch: 1 }, { code: 'InvalidOption', message: /no option 'epoch'/ });
      await fails(
        { samples: few.samples, loss: 'crossEntropy' },
        { code: 'InvalidInput', message: /labels/ },
      );
      await fails(
        { samples: [...few.samples, new Tensor('float32', new Float32Array(27 * 28), [1, 1, 27, 28])] },
        { code: 'InvalidInput', message: /joined/ },
      );
      await fails(
        { ...few, batchSize: 2, epochs: 20, optimizer: { name: 'sgd', learningRate: 1e6 } },
        { code: 'InvalidData', message: /explodes|not finite/ },
      );
      await assert.rejects(model.prepareQat({ calibration: [] }), { code: 'InvalidData' });
      await assert.rejects(model.prepareQat({ weights: { bits: 1 }, calibration: samples.slice(0, 1) }), {
        code: 'InvalidOption',
        message: /2 to 8/,
      });
      await assert.rejects(model.prepareTraining({ parameters: ['nothing'] }), {
        code: 'InvalidOption',
        message: /no float32 parameter 'nothing'/,
      });
      const relu = await loadModel(onnxModel({ op: 'Relu' }), { engine });
      await assert.rejects(relu.prepareTraining(), { code: 'Unsupported', message: /no parameters/ });
      const stop = new AbortController();
      const fit = trainer.fit({ ...few, epochs: 100, signal: stop.signal });
      await fit.next();
      stop.abort(new Error('enough'));
      await assert.rejects(fit.next(), { message: 'enough' });
      trainer.dispose();
      trainer.dispose();
      await assert.rejects(trainer.step({ inputs: samples[0] }), { code: 'Disposed' });
      assert.ok(engine.usable);
      relu.dispose();
      model.dispose();
      assert.equal(await engine.liveObjects(), 0);
    },
    { training: true },
  ));

test('scales are told of all that is rounded', () =>
  withEngine(
    'simd',
    async (engine) => {
      const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
      const calibration = learning.samples.slice(0, 8);
      for (const scales of ['observed', 'learned']) {
        const trainer = await model.prepareQat({ weights: { bits: 3 }, scales, calibration });
        const weights = await trainer.weights();
        const told = await trainer.scales();
        const rounded = told.filter(({ name }) => name in weights);
        assert.ok(rounded.length > 1 && told.length > rounded.length);
        for (const { name, scale, zeroPoint, bits, axis } of rounded) {
          const { data, dims } = weights[name];
          assert.deepEqual([bits, scale.length, zeroPoint], [3, dims[axis], 0]);
          if (axis !== 0) continue;
          const first = data.subarray(0, data.length / dims[0]);
          const largest = Math.max(...first.map(Math.abs));
          assert.ok(scale[0] > 0 && scale[0] <= (largest / 3) * 1.0001, `${name}: ${scale[0]} of ${largest}`);
        }
        for (const { scale, zeroPoint, bits, axis } of told.filter(({ name }) => !(name in weights)))
          assert.deepEqual([scale.length, zeroPoint >= 0, bits, axis], [1, true, 8, -1]);
        await steps(trainer.fit({ ...learning, epochs: 1 }));
        const after = await trainer.scales();
        assert.ok(after.some(({ scale }, i) => scale[0] !== told[i].scale[0]));
        trainer.dispose();
      }
      assert.deepEqual(await (await model.prepareTraining()).scales(), []);
    },
    { training: true },
  ));

test('inner layers are distilled as well, and unknown ones named with what is like them', () =>
  withEngine(
    'simd',
    async (engine) => {
      const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
      const { samples } = learning;
      const trainer = await model.prepareQat({ weights: { bits: 3 }, calibration: samples.slice(0, 8) });
      const loss = (layers, others = {}) => ({ name: 'distillation', layers, ...others });
      let known = [];
      await assert.rejects(
        trainer.step({ inputs: samples[0] }, { loss: loss(['nothing']) }),
        ({ code, message }) => {
          known = [...message.matchAll(/'([^']+)'/g)].map(([, name]) => name).slice(2);
          return code === 'InvalidOption' && message.includes("'nothing'");
        },
      );
      await assert.rejects(trainer.step({ inputs: samples[0] }, { loss: loss('nothing') }), {
        code: 'InvalidOption',
      });
      assert.ok(known.length > 0);
      const batch = { inputs: samples[0] };
      const optimizer = { name: 'sgd', learningRate: 1e-12 };
      const of = async (options) => (await trainer.step(batch, { loss: options, optimizer })).loss;
      const output = await of('distillation');
      const both = await of(loss([known[0]]));
      const layer = await of(loss([known[0]], { outputWeight: 0 }));
      const twice = await of(loss([known[0]], { layerWeight: 2 }));
      assert.ok(layer > 0);
      assert.ok(Math.abs(both - output - layer) < 1e-3 * both, `${output} + ${layer} = ${both}`);
      assert.ok(Math.abs(twice - output - 2 * layer) < 1e-3 * twice);
      const learn = { samples: samples.slice(0, 64), epochs: 6, batchSize: 64, loss: loss(known) };
      const told = await steps(trainer.fit({ ...learn, optimizer: { name: 'adamw', learningRate: 2e-4 } }));
      assert.ok(told.at(-1).loss < told[0].loss, `${told[0].loss} -> ${told.at(-1).loss}`);
      await assert.rejects(of(loss([known[0]], { layerWeight: -1 })), { message: /layerWeight/ });
    },
    { training: true },
  ));

test('BatchNormalization is trained, where the file is at hand behind convolutions too', () =>
  withEngine(
    'simd',
    async (engine) => {
      const { file, samples, labels } = normalizedNetwork();
      const model = await loadModel(file, { engine });
      const batchNormalization = 'trained';
      await assert.rejects(model.prepareTraining({ batchNormalization }), {
        code: 'Unsupported',
        message: /folded/,
      });
      await assert.rejects(model.prepareTraining({ batchNormalization: 'yes' }), { code: 'InvalidOption' });
      await assert.rejects(model.prepareTraining({ file }), { code: 'InvalidOption', message: /'file'/ });
      const optimizer = { name: 'sgd', learningRate: 0.1, momentum: 0.9 };
      const fit = { samples, labels, epochs: 6, batchSize: 16, optimizer, freezeBatchNormalization: 0.8 };
      const prepared = {
        float: () => model.prepareTraining({ batchNormalization, file }),
        rounded: () =>
          model.prepareQat({ batchNormalization, file, weights: { bits: 4 }, calibration: samples }),
      };
      for (const [kind, prepare] of Object.entries(prepared)) {
        const trainer = await prepare();
        const names = ['w1', 'scale1', 'shift1', 'w2', 'scale2', 'shift2', 'w3', 'b3'];
        assert.deepEqual([...trainer.parameters].sort(), names.sort());
        const before = await trainer.evaluate({ samples, labels });
        assert.ok(before.sqnrDb > (kind === 'float' ? 100 : 10), `${kind}: ${before.sqnrDb}`);
        const told = await steps(trainer.fit(fit));
        assert.ok(told.at(-1).loss < told[0].loss, `${kind}: ${told[0].loss} -> ${told.at(-1).loss}`);
        // Frozen, a step sees what is converted.
        const { accuracy } = await trainer.evaluate({ samples, labels });
        assert.ok(accuracy >= before.accuracy, `${kind}: ${before.accuracy} -> ${accuracy}`);
        const trained = await trainer.convert();
        const { operators, quantization } = trained.describe();
        assert.equal(operators.BatchNormalization, undefined);
        assert.equal(quantization.integerNodes > 0, kind === 'rounded');
        // To the same bits from half of it on.
        const first = await prepare();
        let saved;
        for await (const { step } of first.fit(fit)) {
          if (step < 10) continue;
          saved = await first.save();
          break;
        }
        const call = kind === 'float' ? 'resumeTraining' : 'resumeQat';
        const second = await model[call](saved, { file });
        await steps(second.fit(fit));
        assert.deepEqual(await (await second.convert()).toOnnx(), await trained.toOnnx());
        await assert.rejects(model[call](saved), { name: 'OctavoError' });
        for (const each of [trainer, first, second]) each.dispose();
      }
    },
    { training: true },
  ));

test('memory that there is none of is said, and the trainer goes on with a smaller batch', () =>
  withEngine(
    'simd',
    async (engine) => {
      const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
      const trainer = await model.prepareTraining();
      const batch = (size) => ({
        inputs: new Tensor('float32', new Float32Array(size * pixels), [size, 1, 28, 28]),
        targets: new Array(size).fill(3),
      });
      await assert.rejects(trainer.step(batch(4096)), { code: 'OutOfMemory' });
      assert.ok(Number.isFinite((await trainer.step(batch(4))).loss));
    },
    { training: true, memoryLimit: 64 << 20 },
  ));

test('an engine that does not train says so', () =>
  withEngine('simd', async (engine) => {
    assert.equal(engine.info.training, false);
    const model = await loadModel(await modelBytes('mnist.onnx'), { engine });
    await assert.rejects(model.prepareTraining({ engine }), {
      code: 'InvalidOption',
      message: /training: true/,
    });
  }));
