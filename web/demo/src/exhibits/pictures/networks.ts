// Networks as they are opened, and which belong together.
import { loadModel, type Model, type ModelSource } from 'octavo';
import { Problem } from '../../page/problem';
import { activityOf, type Job } from '../../page/work';

/** A network that is fed with one picture. */
export interface Network {
  /** The page's own, or a file of the visitor's. */
  own: boolean;
  name: string;
  model: Model;
  /** Of its file; undefined for a copy that was quantized here. */
  bytes: number | undefined;
}

/** An int8 network: opened as such, or made here. */
export interface Int8Network extends Network {
  /** Undefined for one that was opened. */
  made: Made | undefined;
}

export interface Made {
  /** All that it was made with: settings, pictures, preprocessing. */
  recipe: string;
  /** In words: "static, u8, histogram of 32 photos". */
  how: string;
  /** For the file's name: "static-u8.int8". */
  tag: string;
  /** How long that took, in milliseconds, with fetching the calibration photos. */
  tookMs: number;
}

/** @throws OctavoError; Problem where the network is not fed with one thing, or a file of its weights is not among `weights` */
export async function openNetwork(
  source: ModelSource,
  about: Omit<Network, 'model' | 'bytes'> & { bytes?: number },
  job: Job,
  weights: readonly File[] = [],
): Promise<Network> {
  let bytes = about.bytes;
  const model = await loadModel(source, {
    signal: job.signal,
    externalData: weights,
    onProgress: (progress) => {
      if (progress.phase === 'download') bytes = progress.loaded;
      job.report(activityOf(progress));
    },
  }).catch((error: unknown) => {
    const [, missing] = /externalData has no file '(.*)', which/.exec(String(error)) ?? [];
    throw missing === undefined
      ? error
      : new Problem(`The weights of ${about.name} are in another file, “${missing}”: open both together.`);
  });
  if (model.inputs.length === 1) return { ...about, model, bytes };
  const wanted = model.inputs.map(({ name, dims }) => `${name} [${dims?.join(', ') ?? '?'}]`).join(', ');
  model.dispose();
  throw new Problem(`This page feeds pictures to a network, and ${about.name} wants ${wanted || 'nothing'}.`);
}

export const isInt8 = ({ model }: Network) => model.describe().quantization.scheme !== 'none';

/** How many classes a network tells apart; undefined where that is dynamic. */
export function classesOf({ model }: Network): number | undefined {
  const last = model.outputs[0]?.dims?.at(-1);
  return typeof last === 'number' ? last : undefined;
}

/** Whether one can be the other in int8: the same inputs and outputs, and as many parameters but for those of scales. */
export function belongTogether(a: Network, b: Network): boolean {
  const [left, right] = [a.model.describe(), b.model.describe()];
  const face = ({ inputs, outputs }: typeof left) =>
    JSON.stringify([...inputs, ...outputs].map(({ name, type, dims }) => [name, type, fixed(dims)]));
  const [few, many] = [left.parameters, right.parameters].sort((x, y) => x - y) as [number, number];
  return face(left) === face(right) && many - few <= 0.03 * many;
}

/** Names of dynamic dimensions differ from tool to tool. */
const fixed = (dims: readonly (number | string)[] | undefined) =>
  dims?.map((size) => (typeof size === 'number' ? size : '?'));

/** Operators from the most frequent on: "49 Conv, 33 Clip". */
export const operatorsOf = ({ model }: Network): string[] =>
  Object.entries(model.describe().operators)
    .sort(([, a], [, b]) => b - a)
    .map(([operator, count]) => `${count}\u00a0${operator}`);

/** Dynamic quantization is meant for matrices; whether there is anything else to it. */
export const isConvolutional = ({ model }: Network) => (model.describe().operators['Conv'] ?? 0) > 0;
