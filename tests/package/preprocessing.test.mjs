// How a model wants its pictures: said by the file or by the caller, never guessed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  describePreprocessing,
  findPreprocessing,
  imageToTensor,
  loadModel,
  preprocessingFor,
  preprocessingPresets,
  rememberPreprocessing,
} from 'octavo';
import { withEngine } from './support/engines.mjs';
import { modelBytes } from './support/networks.mjs';

const input = (...dims) => ({ name: 'x', type: 'float32', dims });
const model = (inputs, metadata = {}) => ({ inputs: [inputs].flat(), describe: () => ({ metadata }) });
const anyRgb = ['imagenet', 'efficientnet-lite', 'zero-one', 'minus-one-one'];
const anyGrey = ['zero-one', 'minus-one-one'];

test('a size alone makes nothing known: it leaves candidates', () => {
  const cases = [
    [input('N', 3, 224, 224), anyRgb],
    [input(1, 3, 32, 32), anyRgb],
    [input('N', 96, 96, 3), anyRgb],
    [input('N', 3, 'H', 'W'), [...anyRgb, 'ppocr-cls']],
    [input('N', 3, 48, 192), ['ppocr-cls', ...anyRgb]],
    [input('N', 1, 28, 28), ['mnist', ...anyGrey]],
    [input(1, 28, 28, 1), ['mnist', ...anyGrey]],
    [input(1, 1, 32, 100), anyGrey],
    [input(1, 1, 'H', 'W'), [...anyGrey, 'mnist']],
  ];
  for (const [value, candidates] of cases) {
    const found = findPreprocessing(model(value));
    assert.equal(found.known, undefined);
    assert.deepEqual(found.candidates, candidates, value.dims.join());
    assert.match(found.why, /'x'/);
    // Each candidate makes what the input takes.
    for (const name of candidates) {
      const { dims, type } = imageToTensor(
        { data: new Uint8Array(12 * 9 * 4), width: 12, height: 9 },
        preprocessingFor(value, name),
      );
      assert.equal(type, 'float32');
      value.dims.forEach((size, axis) => typeof size === 'number' && assert.equal(dims[axis], size, name));
    }
  }
});

test('an input that is no picture has no candidates, and why', () => {
  const cases = [
    [input(1, 10), /four dimensions/],
    [input(1, 64, 7, 7), /1 or 3 channels/],
    [input(8, 3, 32, 32), /8 pictures at once/],
    [{ ...input(1, 3, 32, 32), type: 'int64' }, /int64/],
    [[input(1, 3, 4, 4), input(1, 3, 4, 4)], /2 inputs/],
    [{ ...input(1, 3, 32, 32), type: 'int8' }, /say scale, mean and std/],
    [input(8, 'C', 'H', 'W'), /8 pictures at once/],
    [{ ...input('N', 'C', 'H', 'W'), type: 'int64' }, /int64/],
    [input('N', 64, 'H', 64), /1 or 3 channels/],
  ];
  for (const [inputs, why] of cases) {
    const found = findPreprocessing(model(inputs));
    assert.deepEqual([found.known, found.candidates, found.layouts], [undefined, [], undefined]);
    assert.match(found.why, why);
  }
});

test('what is no input says where one is from', () => {
  for (const given of [model([input(1, 3, 4, 4)]), undefined])
    assert.throws(() => preprocessingFor(given, 'imagenet'), {
      code: 'InvalidOption',
      message: /model\.inputs\[0\]/,
    });
});

test('where dimensions leave the form of pictures open, it is asked for beside a preset', () => {
  const every = [...anyRgb, 'mnist', 'ppocr-cls'];
  for (const [value, layouts, candidates] of [
    [input('N', 'C', 'H', 'W'), ['NCHW', 'NHWC'], every],
    [input(1, '?', '?', '?'), ['NCHW', 'NHWC'], every],
    [{ name: 'x', type: 'float32' }, ['NCHW', 'NHWC'], every],
    [input('N', 'C', 224, 224), ['NCHW'], anyRgb],
    [input('N', 28, 28, 'C'), ['NHWC'], [...anyRgb, 'mnist']],
    [{ ...input('N', 'C', 'H', 'W'), type: 'uint8' }, ['NCHW', 'NHWC'], []],
  ]) {
    const found = findPreprocessing(model(value));
    assert.deepEqual([found.known, found.layouts, found.candidates], [undefined, layouts, candidates]);
    assert.match(found.why, /'x' is .*does not say where its channels are, and how many$/);
    for (const layout of layouts) {
      for (const name of candidates) {
        // Three of the presets say neither three channels nor one.
        const { channels = 'grey' } = preprocessingPresets[name];
        const made = preprocessingFor(value, name, { layout, channels });
        assert.deepEqual([made.layout, made.channels], [layout, channels]);
        // What a file remembers of it is known from then on.
        const metadata = { 'octavo.preprocessing': JSON.stringify(made) };
        assert.deepEqual(findPreprocessing(model(value, metadata)).known, made);
      }
    }
  }
  // What is said of one of them tells nothing of the other.
  const open = input('N', 'C', 'H', 'W');
  assert.equal(preprocessingFor(open, 'imagenet', { layout: 'NHWC' }).channels, 'RGB');
  assert.equal(preprocessingFor(input('N', 'C', 64, 64), 'imagenet').layout, 'NCHW');
  for (const [message, ...wanted] of [
    [/; say layout \(NCHW, NHWC\)$/, 'imagenet'],
    [/; say layout \(NCHW, NHWC\) and channels \(RGB, BGR, grey\)$/, 'zero-one'],
    [/; say channels \(RGB, BGR, grey\)$/, 'zero-one', { layout: 'NCHW' }],
    [/; say layout \(NCHW, NHWC\)$/, { channels: 'grey' }],
  ])
    assert.throws(() => preprocessingFor(open, ...wanted), { code: 'InvalidOption', message });
  assert.throws(() => preprocessingFor(input('N', 'C', 64, 64), 'imagenet', { layout: 'NHWC' }), {
    code: 'InvalidOption',
    message: /; say layout \(NCHW\)$/,
  });
});

test('bytes take the pixels as they are', () => {
  const { known, why } = findPreprocessing(model({ ...input(1, 32, 48, 3), type: 'uint8' }));
  const { scale, mean, std, layout, width, height, dtype } = known;
  assert.deepEqual([scale, mean, std], [1, [0, 0, 0], [1, 1, 1]]);
  assert.deepEqual([layout, width, height, dtype], ['NHWC', 48, 32, 'uint8']);
  assert.match(why, /bytes/);
});

test('a preset takes size, layout and channels from the input, and dynamic sizes from its network', () => {
  const size = (dims, name) => {
    const { width, height, side } = preprocessingFor(input(...dims), name);
    return [width, height, side];
  };
  assert.deepEqual(size(['N', 3, 224, 224], 'imagenet'), [224, 224, 256]);
  assert.deepEqual(size(['N', 3, 299, 299], 'imagenet'), [299, 299, 342]);
  assert.deepEqual(size(['N', 3, 'H', 'W'], 'imagenet'), [224, 224, 256]);
  assert.deepEqual(size(['N', 'H', 160, 3], 'imagenet'), [160, 160, 183]);
  assert.deepEqual(size(['N', 3, 'H', 'W'], 'ppocr-cls'), [192, 48, undefined]);
  assert.deepEqual(size(['N', 1, 'H', 'W'], 'zero-one'), [28, 28, 32]);
  assert.deepEqual(preprocessingFor(input(1, 28, 28, 1), 'zero-one').channels, 'grey');
  assert.deepEqual(preprocessingFor(input(1, 1, 28, 28), 'minus-one-one').mean, [0.5]);
  const overridden = preprocessingFor(input('N', 3, 'H', 'W'), 'imagenet', { width: 96, height: 64 });
  assert.deepEqual([overridden.width, overridden.height, overridden.mean[0]], [96, 64, 0.485]);
  const open = preprocessingFor(
    { name: 'x', type: 'float32' },
    { layout: 'NHWC', channels: 'grey', width: 9, height: 8 },
  );
  assert.deepEqual([open.layout, open.width, open.height], ['NHWC', 9, 8]);
});

test('what does not fit is refused, with the presets that do', () => {
  const refused = (message, ...args) =>
    assert.throws(() => preprocessingFor(...args), { code: 'InvalidOption', message });
  refused(/'frob'; there are imagenet, .*mnist/, input(1, 3, 9, 9), 'frob');
  refused(/channels 3, not 1; presets that fit are imagenet/, input(1, 3, 28, 28), 'mnist');
  refused(/channels 1, not 3.*zero-one/, input(1, 1, 28, 28), 'imagenet');
  refused(/width 9, not 8/, input(1, 3, 9, 9), { width: 8 });
  refused(/layout NCHW, not NHWC/, input(1, 3, 9, 9), { layout: 'NHWC' });
  refused(/no preset makes/, { ...input(1, 3, 9, 9), type: 'int8' }, 'imagenet');
  refused(/say layout .*and channels/, { name: 'x', type: 'float32' }, {});
  refused(/four dimensions/, input(1, 4), 'imagenet');
  refused(/no field 'means'/, input(1, 3, 9, 9), { means: [1] });
});

test('a model remembers it, so do its copies and files', async () => {
  await withEngine('simd', async (engine) => {
    const float = await loadModel(await modelBytes('mnist.onnx'), { engine });
    assert.equal(findPreprocessing(float).known, undefined);
    const mnist = preprocessingFor(float.inputs[0], 'mnist');
    await rememberPreprocessing(float, mnist);
    assert.deepEqual(findPreprocessing(float).known, mnist);
    const small = await float.quantizeDynamic();
    assert.deepEqual(findPreprocessing(small).known, mnist);
    const again = await loadModel(await small.toOnnx(), { engine });
    assert.deepEqual(findPreprocessing(again).known, mnist);
    const wrong = rememberPreprocessing(float, { ...mnist, width: 30 });
    await assert.rejects(wrong, { code: 'InvalidOption', message: /width 28, not 30/ });
  });
});

test('metadata that cannot be used is said, and nothing is known then', () => {
  for (const text of ['{', '{"width":3}', '"imagenet"', 'null']) {
    const found = findPreprocessing(model(input(1, 3, 9, 9), { 'octavo.preprocessing': text }));
    assert.equal(found.known, undefined);
    assert.deepEqual(found.candidates, anyRgb);
    assert.match(found.why, /octavo\.preprocessing\) cannot be used: /);
  }
});

test('a line says all of it', () => {
  const line = (value, ...wanted) => describePreprocessing(preprocessingFor(value, ...wanted));
  assert.equal(
    line(input('N', 3, 224, 224), 'imagenet'),
    '224×224 RGB, NCHW, imagenet: (value × 1/255 − [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]; ' +
      'shorter side to 256, centre cut out, bilinear',
  );
  assert.equal(
    line(input(1, 28, 28, 1), 'mnist'),
    '28×28 grey, NHWC, mnist: value × 1/255; stretched, bilinear',
  );
  assert.match(
    line(input('N', 3, 'H', 'W'), 'ppocr-cls'),
    /^192×48 BGR, NCHW, ppocr-cls: \(value − 127.5\) \/ 127.5; height/,
  );
  assert.match(
    line({ ...input(1, 3, 8, 8), type: 'uint8' }, {}),
    /^8×8 RGB, NCHW, uint8: values as they are, 0\.\.255/,
  );
  for (const name of Object.keys(preprocessingPresets))
    if (name !== 'mnist') assert.match(line(input('N', 3, 48, 192), name), new RegExp(`, ${name}: `));
});
