import { wordsOf } from './words';

/** What the exhibit does, in Node and pages alike. */
export function codeOf(text: string): string {
  const words = wordsOf(text).map((word) => `'${word}'`);
  return [
    "import { loadModel } from 'octavo';",
    "import { Speller } from './speller.mjs'; // of examples/networks",
    '',
    "const networks = ['encoder.onnx', 'decoder.onnx'].map((file) => loadModel(file));",
    'const speller = new Speller(...(await Promise.all(networks)));',
    'const small = await speller.quantize(); // quantizeDynamic() of both',
    `const sounds = await small.say([${words.join(', ')}]);`,
  ].join('\n');
}
