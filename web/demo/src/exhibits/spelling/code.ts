import { wordsOf } from './words';

/** What the exhibit does, in Node and pages alike; speller.mjs is the one of the examples. */
export const codeOf = (text: string): string =>
  `import { loadModel } from 'octavo';
import { Speller } from './speller.mjs'; // examples/networks: a run a letter, the likeliest sound each time

const speller = new Speller(await loadModel('encoder.onnx'), await loadModel('decoder.onnx'));
const small = await speller.quantize(); // quantizeDynamic() of both networks
const sounds = await small.say(${JSON.stringify(wordsOf(text)).replaceAll('"', "'").replaceAll(',', ', ')});
`.trimEnd();
