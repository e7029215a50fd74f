// What the page does, in code.
import type { Preprocessing } from 'octavo';
import { networkFile, networkPreprocessing } from './assets';
import type { BenchState } from './bench-state';
import { choiceOf, feedChoices, leavesFormOpen } from './feed';
import { dynamicOperators, type Settings } from './settings';
import type { AdvisedMethod } from 'octavo';

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
    ...(isOpenedInt8 ? [] : quantizeLines(bench)),
    `const answer = await ${isOpenedInt8 ? 'model' : 'small'}.run(imageToTensor(picture, feed));`,
  ].join('\n');
}

function quantizeLines({ settings, instead }: BenchState): string[] {
  const { call, options } = instead.value?.method ?? methodOf(settings.value);
  const isStatic = call === 'quantizeStatic' || call === 'quantizeWithAccuracyControl';
  const fields = [...(isStatic ? ['calibration'] : []), ...fieldsOf(options)].join(', ');
  return [
    ...(isStatic ? ['const calibration = pictures.map((picture) => imageToTensor(picture, feed));'] : []),
    // What accuracy control found is among the options.
    `const small = await model.${isStatic ? 'quantizeStatic' : call}({ ${fields} });`,
  ];
}

function methodOf({ method, observer, activations }: Settings): Pick<AdvisedMethod, 'call' | 'options'> {
  const range = activations === 'u7' ? { reduceRange: true } : {};
  return method === 'static'
    ? { call: 'quantizeStatic', options: { observer, ...range } }
    : { call: 'quantizeDynamic', options: { opTypesToQuantize: dynamicOperators, ...range } };
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
  return `{ ${fieldsOf(feed).join(', ')} }`;
}

const fieldsOf = (fields: object) =>
  Object.entries(fields).map(([field, value]) => `${field}: ${literal(value)}`);

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  return typeof value === 'string' ? `'${value.replaceAll(/['\\]/g, '\\$&')}'` : JSON.stringify(value);
}
