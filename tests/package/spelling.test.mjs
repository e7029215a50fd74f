// g2p-en's networks translate spelling to sound as its own NumPy code does, and hardly worse in eight bits or four.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { createEngine, loadModel } from 'octavo';
import { Speller, phonemeErrorRate, readDictionary } from '../../examples/networks/speller.mjs';
import { builds } from './support/engines.mjs';
import { modelBytes, modelFile } from './support/networks.mjs';
import { repository } from './support/package.mjs';

const expected = JSON.parse(await readFile(new URL('tests/fixtures/g2p.json', repository), 'utf8'));
const dictionary = readDictionary(await readFile(modelFile('g2p/cmudict-sample.txt'), 'utf8'));

const calibrationWords = (await readFile(modelFile('g2p/calibration-words.txt'), 'utf8')).trim().split('\n');

async function openSpeller(engine) {
  const models = ['encoder', 'decoder'].map(async (name) =>
    loadModel(await modelBytes(`g2p/${name}.onnx`), { engine }),
  );
  return new Speller(...(await Promise.all(models)));
}

async function errorRate(speller, batch = 250) {
  const words = [...dictionary.keys()];
  const spoken = [];
  for (let at = 0; at < words.length; at += batch)
    spoken.push(...(await speller.say(words.slice(at, at + batch))));
  return phonemeErrorRate(spoken, [...dictionary.values()]);
}

for (const build of builds) {
  let engine, float, int8;
  before(async () => {
    engine = await createEngine({ build });
    float = await openSpeller(engine);
    int8 = await float.quantize();
  });
  after(() => engine.dispose());

  test(`${build}: a hundred words sound as g2p-en has them`, async () => {
    const words = Object.keys(expected);
    assert.equal(words.length, 100);
    const spoken = await float.say(words);
    assert.deepEqual(
      spoken.map((phonemes) => phonemes.join(' ')),
      Object.values(expected),
    );
  });

  test(`${build}: int8 makes hardly more errors than float on words of cmudict`, async (context) => {
    assert.equal(dictionary.size, 2000);
    const [before, now] = [await errorRate(float), await errorRate(int8)];
    context.diagnostic(`phoneme error rate: float ${before.toFixed(4)}, int8 ${now.toFixed(4)}`);
    assert.ok(Math.abs(before - 0.097) < 0.001, `float: ${before}`);
    assert.ok(now <= before + 0.002, `int8: ${now}`);
  });

  for (const [options, most] of [
    [{ blockSize: 32 }, 0.104],
    [{}, 0.112],
  ])
    test(`${build}: four bits ${options.blockSize ? 'in blocks' : 'by row'}, rounded for other words`, async (context) => {
      const small = await float.quantizeWeights(options, calibrationWords);
      const nearest = await float.quantizeWeights(options);
      const [rate, other] = [await errorRate(small), await errorRate(nearest)];
      context.diagnostic(`phoneme error rate: ${rate.toFixed(4)}, to the nearest ${other.toFixed(4)}`);
      assert.ok(rate <= most, `${rate}`);
      assert.ok(rate < other);
      assert.ok((await small.bytes()) < 0.34 * (await float.bytes()));
      for (const model of [small.encoder, small.decoder])
        assert.equal(model.describe().quantization.applied[0].unchanged, 0);
      for (const each of [small, nearest]) each.dispose();
    });

  test(`${build}: a word sounds alone as it does among others`, async () => {
    const words = ['octavo', 'a', 'quantization'];
    for (const speller of [float, int8]) {
      const together = await speller.say(words);
      for (const [index, word] of words.entries())
        assert.deepEqual((await speller.say([word]))[0], together[index], word);
    }
  });
}

test('the phoneme error rate counts edits of the nearest pronunciation', () => {
  const right = [
    [
      ['K', 'AE1', 'T'],
      ['K', 'AH0', 'T', 'S'],
    ],
    [['AA1']],
  ];
  assert.equal(phonemeErrorRate([['K', 'AE1', 'T'], ['AA1']], right), 0);
  assert.equal(
    phonemeErrorRate(
      [
        ['K', 'T', 'S'],
        ['AA1', 'B'],
      ],
      right,
    ),
    (1 + 1) / (4 + 1),
  );
  assert.equal(phonemeErrorRate([[], []], right), 1);
});
