// The two networks: the float one as it was loaded, and its int8 copy.
import {
  loadModel,
  presetForInput,
  type ImagePresetName,
  type Model,
  type ModelSource,
  type ValueDescription,
} from 'octavo';
import { signal } from '@preact/signals';
import { calibrationPhotos, networkName, type Photo } from '../assets';
import { fetchPicture, tensorOf } from '../pictures/picture';
import { Problem } from '../problem';
import { activityOf, type Job } from './activity';
import type { Settings } from './settings';

/** A network that classifies pictures. */
export interface Classifier {
  name: string;
  model: Model;
  preset: ImagePresetName;
}

/** A classifier that was quantized here. */
export interface QuantizedClassifier extends Classifier {
  settings: Settings;
  /** How long that took, in milliseconds, with fetching the calibration photos. */
  tookMs: number;
}

export const float = signal<Classifier | undefined>(undefined);
export const quantized = signal<QuantizedClassifier | undefined>(undefined);

/** Loads a network in place of the present one, which stays if that fails. */
export async function load(source: ModelSource, name: string, { signal, report }: Job): Promise<Classifier> {
  report({ title: name === networkName ? 'Starting the engine' : `Opening ${name}` });
  const model = await loadModel(source, { signal, onProgress: (progress) => report(activityOf(progress)) });
  try {
    const loaded = { name, model, preset: presetOf(model) };
    quantized.value?.model.dispose();
    float.value?.model.dispose();
    quantized.value = undefined;
    return (float.value = loaded);
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function presetOf({ name, inputs }: Model): ImagePresetName {
  const [input, ...others] = inputs;
  const preset = input && others.length === 0 ? presetForInput(input) : undefined;
  if (preset) return preset;
  const shape = ({ dims }: ValueDescription) => (dims ? `[${dims.join(', ')}]` : 'of unknown rank');
  const wanted = inputs.map((each) => `${each.name} ${shape(each)}`).join(', ');
  throw new Problem(`This page feeds pictures to a network, and ${name} wants ${wanted}.`);
}

/** Quantizes the float network, in place of the present int8 one, which stays if that fails. */
export async function quantize(
  { name, model, preset }: Classifier,
  settings: Settings,
  job: Job,
): Promise<QuantizedClassifier> {
  const begin = performance.now();
  const small = await quantizeModel(model, preset, settings, job);
  quantized.value?.model.dispose();
  const tookMs = performance.now() - begin;
  return (quantized.value = { name, model: small, preset, settings, tookMs });
}

function quantizeModel(model: Model, preset: ImagePresetName, settings: Settings, job: Job): Promise<Model> {
  const { signal } = job;
  const reduceRange = settings.activations === 'u7';
  if (settings.method === 'dynamic') {
    job.report({ title: 'Folding weights into eight bits' });
    // Convolutions too: this kind of network has its weights there.
    return model.quantizeDynamic({ opTypesToQuantize: ['Conv', 'Gemm', 'MatMul'], reduceRange, signal });
  }
  const photos = evenly(calibrationPhotos, settings.photos);
  return model.quantizeStatic({
    calibration: samples(photos, preset, signal),
    observer: settings.observer,
    reduceRange,
    signal,
    onProgress: (progress) => {
      const total = progress.phase === 'calibrate' ? photos.length : progress.total;
      job.report(activityOf({ ...progress, total }));
    },
  });
}

/** `count` of the items, spread over all of them. */
const evenly = <T>(items: readonly T[], count: number): T[] =>
  items.filter(
    (_, index) =>
      Math.floor((index * count) / items.length) !== Math.floor(((index - 1) * count) / items.length),
  );

/** Photos as inputs, fetched one at a time. */
export async function* samples(photos: readonly Photo[], preset: ImagePresetName, signal: AbortSignal) {
  for (const photo of photos) yield tensorOf(await fetchPicture(photo, signal), preset);
}
