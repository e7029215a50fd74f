// From the float network to its int8 copy.
import { imageToTensor, rememberPreprocessing, type Model, type Preprocessing, type Tensor } from 'octavo';
import { activityOf, type Job } from '../../page/work';
import { networkFile } from './assets';
import type { Int8Network, Made, Network } from './networks';
import type { ChosenMethod } from './bench-state';
import type { PictureSource } from './picture';
import { dynamicOperators, type Settings } from './settings';

export interface Ingredients {
  settings: Settings;
  /** In place of the settings. */
  instead: ChosenMethod | undefined;
  preprocessing: Preprocessing;
  /** What to calibrate with. */
  pictures: readonly PictureSource[];
}

/** Quantizes a network. */
export async function quantize(
  network: Network,
  ingredients: Ingredients,
  about: Pick<Made, 'recipe' | 'how'>,
  job: Job,
): Promise<Int8Network> {
  const begin = performance.now();
  // Copies carry it, and so does the file that is written.
  await rememberPreprocessing(network.model, ingredients.preprocessing);
  const model = await quantizeModel(network.model, ingredients, job);
  const made = { ...about, tag: tagOf(ingredients), tookMs: performance.now() - begin };
  return { own: network.own, name: network.name, model, bytes: undefined, made };
}

/** What networks that are made so have in their files' names. */
const tagOf = ({ settings: { method, activations }, instead }: Ingredients) =>
  instead
    ? instead.method.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
    : `${method}-${activations}.int8`;

function quantizeModel(
  model: Model,
  { settings, instead, preprocessing, pictures }: Ingredients,
  job: Job,
): Promise<Model> {
  const { signal } = job;
  if (instead) return instead.apply(job);
  const reduceRange = settings.activations === 'u7';
  if (settings.method === 'dynamic') {
    job.report({ title: 'Folding weights into eight bits' });
    // Convolutions too: this kind of network has its weights there.
    return model.quantizeDynamic({ opTypesToQuantize: [...dynamicOperators], reduceRange, signal });
  }
  const chosen = evenly(pictures, settings.photos);
  return model.quantizeStatic({
    calibration: samples(chosen, preprocessing, signal),
    observer: settings.observer,
    reduceRange,
    signal,
    onProgress: (progress) => {
      const total = progress.phase === 'calibrate' ? chosen.length : progress.total;
      job.report(activityOf({ ...progress, total }));
    },
  });
}

/** `count` of the items, spread over all of them; all where there are no more. */
export function evenly<T>(items: readonly T[], count: number): T[] {
  const place = (index: number) => Math.floor((index * Math.min(count, items.length)) / items.length);
  return items.filter((_, index) => place(index) !== place(index - 1));
}

/** Pictures as inputs, read one at a time. */
export async function* samples(
  pictures: readonly PictureSource[],
  preprocessing: Preprocessing,
  signal: AbortSignal,
): AsyncGenerator<Tensor> {
  for (const picture of pictures) yield imageToTensor(await picture.read(signal), preprocessing);
}

/** The name of the file that a quantized network is written to: "mnist.static-u8.int8.onnx". */
export function fileNameOf({ own, name, made }: Int8Network): string {
  const base = (own ? name : networkFile).replace(/\.onnx$/i, '');
  return `${base}.${made ? made.tag : 'int8'}.onnx`;
}
