// g2p-en's two networks as a row of the tables: what g2p.py has for peers, for Octavo.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tensor, loadModel } from 'octavo';
import { Speller, phonemeErrorRate, readDictionary } from '../../examples/networks/speller.mjs';

/** As in g2p.py. */
const longest = 20;
const batch = 250;

const readJson = async (path) => JSON.parse(await readFile(path, 'utf8'));
const readWords = async (folder) =>
  readDictionary(await readFile(join(folder, 'cmudict-sample.txt'), 'utf8'));

/** @returns {Promise<import('./octavo_tool.mjs').Network>} */
export async function openSpeller(folder) {
  const [encoder, decoder] = await Promise.all(
    ['encoder', 'decoder'].map((name) => loadModel(join(folder, `${name}.onnx`))),
  );
  const words = [...(await readWords(folder)).keys()];
  const told = await readJson(join(folder, 'outputs/float.spoken.json'));
  return {
    models: { encoder, decoder },
    calibration: await recordFeeds({ encoder, decoder }, await readJson(join(folder, 'calibration.json'))),
    run: async (models) => {
      const speller = new Speller(models.encoder, models.decoder);
      const [outputs, spoken] = [[], []];
      for (let at = 0; at < words.length; at += batch) {
        const some = words.slice(at, at + batch);
        outputs.push(await toldLogits(models, speller, some, told.slice(at, at + batch)));
        for (const phonemes of await speller.say(some))
          spoken.push(phonemes.map((name) => speller.phonemes.indexOf(name)));
      }
      return { outputs: Float32Array.from(outputs.flatMap((part) => [...part])), spoken };
    },
  };
}

/** What both models are fed when float says `words`. */
async function recordFeeds(models, words) {
  const feeds = { encoder: [], decoder: [] };
  const recording = (name) => ({
    describe: () => models[name].describe(),
    run: (feed) => {
      feeds[name].push(feed);
      return models[name].run(feed);
    },
  });
  const speller = new Speller(recording('encoder'), recording('decoder'));
  for (let at = 0; at < words.length; at += 64) await speller.say(words.slice(at, at + 64));
  return feeds;
}

/** The decoder's logits, a row a word of `longest` steps that hear what `told` says, zero after a word's end. */
async function toldLogits({ encoder, decoder }, speller, words, told) {
  const [begin, end] = ['<s>', '</s>'].map((name) => speller.phonemes.indexOf(name));
  const width = speller.phonemes.length;
  const all = new Float32Array(words.length * longest * width);
  let { state } = await encoder.run(speller.spell(words));
  for (let step = 0; step < longest; ++step) {
    const heard = told.map((phonemes) => (step === 0 ? begin : (phonemes[step - 1] ?? end)));
    const { logits, next_state } = await decoder.run({ phonemes: new Tensor('int32', heard), state });
    told.forEach((phonemes, word) => {
      if (step > phonemes.length) return;
      all.set(logits.data.subarray(word * width, (word + 1) * width), (word * longest + step) * width);
    });
    state = next_state;
  }
  return all;
}

/** `score`, the phoneme error rate, and `agreement`, the share of words said as float says them. */
export async function scoreSpoken(folder, { phonemes }, spoken) {
  const pronunciations = [...(await readWords(folder)).values()];
  const float = await readJson(join(folder, 'outputs/float.spoken.json'));
  const same = spoken.filter((word, index) => word.join() === float[index].join()).length;
  const named = spoken.map((word) => word.map((number) => phonemes[number]));
  return { score: phonemeErrorRate(named, pronunciations), agreement: same / float.length };
}
