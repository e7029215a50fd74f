// What the page does, in code.
import type { Preprocessing } from 'octavo';
import { networkFile, networkPreprocessing } from './assets';
import type { BenchState } from './bench-state';
import { choiceOf, feedChoices, leavesFormOpen } from './feed';
import { dynamicOperators } from './quantize';
import type { Settings } from './settings';

/** A few lines that do what the page does as it is set; `picture` is ImageData, and `pictures` are many. */
export function codeOf(bench: BenchState): string {
  const [float, int8] = [bench.float.value, bench.int8.value];
  const network = float ?? int8;
  const isOpenedInt8 = float === undefined && int8 !== undefined;
  return [
    "import { imageToTensor, loadModel, preprocessingFor } from 'octavo';",
    '',
    `const model = await loadModel('${network?.own ? network.name : networkFile}');`,
    `const feed = preprocessingFor(model.inputs[0], ${feedText(bench)});`,
    ...(isOpenedInt8 ? [] : quantizeLines(bench.settings.value)),
    `const answer = await ${isOpenedInt8 ? 'model' : 'small'}.run(imageToTensor(picture, feed));`,
  ].join('\n');
}

function quantizeLines({ method, observer, activations }: Settings): string[] {
  const range = activations === 'u7' ? ['reduceRange: true'] : [];
  if (method === 'static')
    return [
      'const calibration = pictures.map((picture) => imageToTensor(picture, feed));',
      `const small = await model.quantizeStatic({ ${['calibration', `observer: '${observer}'`, ...range].join(', ')} });`,
    ];
  const operators = dynamicOperators.map((operator) => `'${operator}'`).join(', ');
  const options = [`opTypesToQuantize: [${operators}]`, ...range].join(', ');
  return [`const small = await model.quantizeDynamic({ ${options} });`];
}

function feedText(bench: BenchState): string {
  const [feed, input] = [bench.feed.value, bench.input];
  if (!feed || !input) return `'${networkPreprocessing}'`;
  const name = choiceOf(feed, feedChoices(input))?.name;
  if (!name || name === 'as they are') return fieldsText(feed);
  const network = bench.float.value ?? bench.int8.value;
  const { layout, channels } = feed;
  return network && leavesFormOpen(network) ? `'${name}', ${fieldsText({ layout, channels })}` : `'${name}'`;
}

function fieldsText(feed: Partial<Preprocessing>): string {
  const fields = Object.entries(feed).map(([field, value]) => `${field}: ${JSON.stringify(value)}`);
  return `{ ${fields.join(', ').replaceAll('"', "'")} }`;
}
