// What the page does, in code.
import type { Preprocessing } from 'octavo';
import { networkFile, networkPreprocessing } from './assets';
import type { BenchState } from './bench-state';
import { choiceOf, feedChoices } from './feed';
import { dynamicOperators } from './quantize';

/** Five lines that do what the page does as it is set; `picture` and `pictures` are ImageData. */
export function codeOf(bench: BenchState): string {
  const { method, observer, activations } = bench.settings.value;
  const range = activations === 'u7' ? ['reduceRange: true'] : [];
  const call =
    method === 'static'
      ? `quantizeStatic({ ${['calibration', `observer: '${observer}'`, ...range].join(', ')} })`
      : `quantizeDynamic({ ${[`opTypesToQuantize: [${dynamicOperators.map((op) => `'${op}'`).join(', ')}]`, ...range].join(', ')} })`;
  const network = bench.float.value ?? bench.int8.value;
  return [
    "import { imageToTensor, loadModel, preprocessingFor } from 'octavo';",
    '',
    `const model = await loadModel('${network?.own ? network.name : networkFile}');`,
    `const feed = preprocessingFor(model.inputs[0], ${feedText(bench)});`,
    ...(method === 'static'
      ? ['const calibration = pictures.map((picture) => imageToTensor(picture, feed));']
      : []),
    `const small = await model.${call};`,
    'const answer = await small.run(imageToTensor(picture, feed));',
  ].join('\n');
}

function feedText(bench: BenchState): string {
  const [feed, input] = [bench.feed.value, bench.input];
  if (!feed || !input) return `'${networkPreprocessing}'`;
  const name = choiceOf(feed, feedChoices(input))?.name;
  return name && name !== 'as they are' ? `'${name}'` : fieldsText(feed);
}

const fieldsText = (feed: Preprocessing) =>
  `{ ${Object.entries(feed)
    .map(([field, value]) => `${field}: ${JSON.stringify(value).replaceAll('"', "'")}`)
    .join(', ')} }`;
