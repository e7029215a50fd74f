// Classes by name.
import { OctavoError } from '../error.js';
import { contentError, parseJson, readText } from '../node/files.js';
import type { Tensor } from '../tensor.js';
import { imagenetLabels } from './imagenet_labels.js';

/** Names of classes in the order of the network's output. */
export interface Labels {
  names: readonly string[];
  /** Where they are from. */
  source: string;
}

/**
 * Reads labels: a JSON list, a JSON object by number, or a text with one a line; `imagenet` is ImageNet's.
 * @throws OctavoError `File`, `InvalidData`
 */
export async function readLabels(source: string): Promise<Labels> {
  if (source === 'imagenet') return { names: imagenetLabels, source };
  const text = await readText(source);
  const names = /^\s*[[{]/.test(text) ? jsonLabels(source, text) : text.trimEnd().split(/\r?\n/);
  if (names.join('') === '') throw contentError(source, 'has no labels');
  return { names: names.map((name) => name.trim()), source };
}

function jsonLabels(source: string, text: string): string[] {
  const value = parseJson(source, text);
  const object = value as Record<string, unknown>;
  const names = Array.isArray(value)
    ? (value as unknown[])
    : Array.from({ length: Object.keys(object).length }, (_, i) => object[i]);
  if (names.every((name) => typeof name === 'string')) return names;
  throw contentError(source, 'is no list of labels, and no object of labels by number from 0 up');
}

/** One class that a network sees in a row of its output. */
export interface Class {
  index: number;
  label?: string;
  /** What the output says; with labels its probability. */
  value: number;
}

/** The output of classes, with labels for each of them: the first that has as many. */
export function labelledOutput(
  outputs: Readonly<Record<string, Tensor>>,
  { names, source }: Labels,
): { name: string; labels: readonly string[] } {
  const found = Object.entries(outputs).find(([, { dims }]) => dims.at(-1) === names.length);
  if (found) return { name: found[0], labels: names };
  // TensorFlow's networks have a class before ImageNet's.
  const tensorFlow = Object.entries(outputs).find(([, { dims }]) => dims.at(-1) === names.length + 1);
  if (tensorFlow && source === 'imagenet') return { name: tensorFlow[0], labels: ['background', ...names] };
  const count = names.length === 1 ? '1 label' : `${names.length} labels`;
  const shapes = Object.entries(outputs).map(([name, { dims }]) => `${name} [${dims.join(', ')}]`);
  throw new OctavoError(
    'InvalidOption',
    `${source} has ${count}, and no output as many: ${shapes.join(', ')}`,
  );
}

/** The rows of the last dimension. */
export function rowsOf({ data, dims }: Tensor): number[][] {
  const length = dims.at(-1) ?? 1;
  const values = Array.from(data as Iterable<number | bigint>, Number);
  if (length === 0) return [];
  return Array.from({ length: values.length / length }, (_, row) =>
    values.slice(row * length, (row + 1) * length),
  );
}

/** The largest of a row. */
export function largest(values: readonly number[], count: number, labels?: readonly string[]): Class[] {
  return values
    .map((value, index) => ({ index, ...(labels && { label: labels[index] }), value }))
    .sort((a, b) => b.value - a.value)
    .slice(0, count);
}

/** A row as probabilities: as it is where it sums to 1, else its softmax. */
export function probabilities(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  if (values.every((value) => value >= 0) && Math.abs(sum - 1) < 1e-3) return [...values];
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = values.map((value) => Math.exp(value - most));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}
