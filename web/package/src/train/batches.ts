// Samples into batches: their order, and what they are joined to.
import { OctavoError } from '../error.js';
import type { NativeTensor, TypedData } from '../native.js';
import type { Sample } from '../options.js';
import { isTypedArray, toNativeTensors, type TensorLike } from '../tensor.js';
import type { Labels } from './options.js';

/** Numbers from 0 up to 1, the same for the same seed: Tommy Ettinger's Mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed of its own for each of several numbers (FNV-1a). */
export const mixed = (...numbers: number[]) =>
  numbers.reduce((hash, number) => Math.imul(hash ^ number, 0x01000193) >>> 0, 0x811c9dc5);

/** 0 … count - 1 in an order of the seed (Fisher and Yates). */
export function shuffled(count: number, seed: number): number[] {
  const random = randomNumbers(seed);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; --i) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

const shapeOf = ({ type, dims }: NativeTensor) => `${type}[${dims.join(',')}]`;

/**
 * Tensors of the same name one behind the other, along their first axis.
 * @throws OctavoError `InvalidInput` where they have none, or are of different shapes or types otherwise
 */
export function joined(samples: readonly NativeTensor[][]): NativeTensor[] {
  const [first] = samples;
  if (samples.length === 1 && first.every(({ dims }) => dims.length > 0)) return first;
  return first.map((model) => {
    const all = samples.map((tensors) => {
      const tensor = tensors.find(({ name }) => name === model.name);
      if (!tensor) throw new OctavoError('InvalidInput', `a sample has no '${model.name}'`);
      const isAlike =
        tensor.type === model.type &&
        tensor.dims.length === model.dims.length &&
        tensor.dims.every((dim, axis) => axis === 0 || dim === model.dims[axis]);
      if (!isAlike || tensor.dims.length === 0)
        throw new OctavoError(
          'InvalidInput',
          `samples cannot be joined to a batch: '${model.name}' is ${shapeOf(tensor)} and ${shapeOf(model)}`,
        );
      return tensor;
    });
    const length = all.reduce((sum, { data }) => sum + data.length, 0);
    const data = new (model.data.constructor as new (length: number) => TypedData)(length);
    let at = 0;
    for (const tensor of all) {
      data.set(tensor.data as never, at);
      at += tensor.data.length;
    }
    const rows = all.reduce((sum, { dims }) => sum + dims[0], 0);
    return { ...model, dims: [rows, ...model.dims.slice(1)], data };
  });
}

const targetName = 'targets';

/** @throws OctavoError `InvalidInput` for what is neither a class nor a tensor */
function toTarget(label: unknown, i: number): NativeTensor[] {
  if (typeof label === 'number') {
    if (!Number.isSafeInteger(label))
      throw new OctavoError('InvalidInput', `label ${i} is ${label}, and no class`);
    return [{ name: targetName, type: 'int64', dims: [1], data: BigInt64Array.of(BigInt(label)) }];
  }
  if (typeof label !== 'object' || label === null)
    throw new OctavoError('InvalidInput', `label ${i} is ${String(label)}, and neither a class nor a tensor`);
  return toNativeTensors(label as TensorLike, [{ name: targetName }], 'copies');
}

/** What a batch is to give: nothing where that is the float network's to say. */
export function toTargets(targets: TensorLike | readonly number[] | undefined): NativeTensor[] {
  if (targets === undefined) return [];
  return Array.isArray(targets)
    ? joined(targets.map(toTarget))
    : toNativeTensors(targets as TensorLike, [{ name: targetName }], 'copies');
}

/** Samples that are at hand, and their labels. */
export class Dataset {
  readonly samples: readonly Sample[];
  readonly #labels: ArrayLike<unknown> | undefined;

  /** @throws OctavoError `InvalidData` without samples, `InvalidOption` for labels of another number */
  constructor(samples: readonly Sample[], labels: Labels | undefined) {
    if (samples.length === 0) throw new OctavoError('InvalidData', 'there is no sample');
    if (labels !== undefined && !Array.isArray(labels) && !isTypedArray(labels))
      throw new OctavoError('InvalidOption', "option 'labels' is an array of classes or tensors");
    if (labels && labels.length !== samples.length)
      throw new OctavoError(
        'InvalidOption',
        `there are ${labels.length} labels for ${samples.length} samples`,
      );
    this.samples = samples;
    this.#labels = labels;
  }

  get hasLabels(): boolean {
    return this.#labels !== undefined;
  }

  /** Whether all labels are classes. */
  get hasClasses(): boolean {
    return this.#labels !== undefined && Array.from(this.#labels).every((label) => typeof label === 'number');
  }

  classOf(i: number): number {
    return this.#labels?.[i] as number;
  }

  targets(order: readonly number[]): NativeTensor[] {
    const labels = this.#labels;
    return labels ? joined(order.map((i) => toTarget(labels[i], i))) : [];
  }
}

/** All samples of an iterable, in memory: they are seen more than once. */
export async function collect(
  samples: Iterable<Sample> | AsyncIterable<Sample>,
  signal: AbortSignal | undefined,
): Promise<readonly Sample[]> {
  if (Array.isArray(samples)) return samples as Sample[];
  const all: Sample[] = [];
  for await (const sample of samples) {
    signal?.throwIfAborted();
    all.push(sample);
  }
  return all;
}
