// Translates the spelling of English words into phonemes, as float and in eight bits: a network that reads and one that says,
// quantized dynamically, the classic of recurrent networks. Says how often each is wrong on 2,000 words of a dictionary.
//   node examples/spelling-to-sound.mjs [WORD...]
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadModel } from 'octavo';
import { enableRelaxedSimd } from 'octavo/node';
import { Speller, phonemeErrorRate, readDictionary } from './networks/speller.mjs';
import { megabytes, milliseconds, newTable, percent } from './support/table.mjs';

const file = (name) => fileURLToPath(new URL(`../models/g2p/${name}`, import.meta.url));
const words =
  process.argv.length > 2 ? process.argv.slice(2) : ['octavo', 'folded', 'quantization', 'through'];
const batch = 200;

enableRelaxedSimd();
const float = new Speller(await loadModel(file('encoder.onnx')), await loadModel(file('decoder.onnx')));
const int8 = await float.quantize();
const spellers = { float, int8 };

const sounds = newTable(['', ...Object.keys(spellers)]);
const said = await Promise.all(
  Object.values(spellers).map((speller) => speller.say(words.map((word) => word.toLowerCase()))),
);
words.forEach((word, index) => sounds.push([word, ...said.map((spoken) => spoken[index].join(' '))]));
console.log(`${sounds.toString()}\n`);

const dictionary = readDictionary(await readFile(file('cmudict-sample.txt'), 'utf8'));
const errors = newTable(['', 'files', 'time a word', 'phoneme error rate']);
for (const [name, speller] of Object.entries(spellers)) {
  const start = performance.now();
  const spoken = [];
  const all = [...dictionary.keys()];
  for (let at = 0; at < all.length; at += batch)
    spoken.push(...(await speller.say(all.slice(at, at + batch))));
  const time = (performance.now() - start) / all.length;
  const rate = phonemeErrorRate(spoken, [...dictionary.values()]);
  errors.push([name, megabytes(await speller.bytes()), milliseconds(time), percent(rate)]);
}
console.log(`${dictionary.size} words of cmudict, ${batch} at a time:\n${errors.toString()}`);
for (const speller of Object.values(spellers)) speller.dispose();
