// What a page does around the modules of the examples; `octavo` is in its import map.
import { loadModel } from 'octavo';
import { SentenceEncoder, likeness } from '../../examples/networks/sentence-encoder.mjs';
import { TextReader } from '../../examples/networks/text-reader.mjs';
import { VoiceDetector, sampleRate, spokenParts } from '../../examples/networks/voice-detector.mjs';
import { WordPieces } from '../../examples/networks/word-pieces.mjs';

/** The texts of a photo, by the float and by the int8 networks. */
export async function readText({ detector, recognizer, keys, photo }) {
  const letters = await (await fetch(keys)).text();
  const float = new TextReader(await loadModel(detector), await loadModel(recognizer), letters);
  const image = await pixels(photo);
  const int8 = await float.quantize(image);
  const read = [await float.read(image), await int8.read(image)];
  return read.map((lines) => lines.map(({ text }) => text));
}

async function pixels(url) {
  const picture = await createImageBitmap(await (await fetch(url)).blob());
  const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
  context.drawImage(picture, 0, 0);
  return context.getImageData(0, 0, picture.width, picture.height);
}

/** When somebody speaks in a second of a hum, after the network has got used to it. */
export async function hearHum({ network }) {
  const detector = new VoiceDetector(await loadModel(network));
  const hum = Float32Array.from(
    { length: sampleRate },
    (_, index) => 1e-3 * Math.sin((index * 2 * Math.PI * 50) / sampleRate),
  );
  const likelihoods = await detector.listenToAll(hum);
  return { frames: likelihoods.length, spoken: spokenParts(likelihoods.slice(8)) };
}

/** How like the first sentence each of the others is, by the int8 network. */
export async function compareSentences({ network, vocabulary, sentences }) {
  const pieces = new WordPieces(await (await fetch(vocabulary)).json());
  const encoder = await new SentenceEncoder(await loadModel(network), pieces).quantize();
  const [first, ...others] = await encoder.embed(sentences);
  return others.map((other) => likeness(first, other));
}
