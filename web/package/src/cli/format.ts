// Text for people.
import Table from 'cli-table3';
import type { TensorBytes, ValueDescription } from '../native.js';

/**
 * A table without lines. Columns of words are left, by default the first, those of numbers right. Where all titles are empty there
 * is no title row.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  words: readonly number[] = [0],
): string {
  const columns = head.map((_, i) => (words.includes(i) ? 'left' : 'right'));
  const spaces = Object.fromEntries(lineNames.map((name) => [name, '']));
  const made = new Table({
    head: head.some((title) => title !== '') ? [...head] : [],
    colAligns: columns,
    chars: { ...spaces, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString().replace(/ +$/gm, '');
}

const lineNames = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
];

export function bytes(count: number): string {
  if (count < 1e3) return `${count} B`;
  return count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(2)} MB`;
}

export function count(value: number): string {
  if (value < 1e4) return String(value);
  return value < 1e6 ? `${(value / 1e3).toFixed(1)} thousand` : `${(value / 1e6).toFixed(1)} million`;
}

export const nodes = (count: number) => (count === 1 ? '1 node' : `${count} nodes`);
export const milliseconds = (value: number) => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
export const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
export const decibels = (value: number) => (Number.isFinite(value) ? `${value.toFixed(1)} dB` : 'equal');
export const shape = (dims: readonly (number | string)[] | undefined) =>
  dims ? `[${dims.join(', ')}]` : 'of unknown rank';
export const value = ({ name, type, dims }: ValueDescription) => `${name}: ${type} ${shape(dims)}`;

/** The first lines of what a model is. */
export const fileLines = (
  { opset, irVersion, producer }: { opset: number; irVersion: number; producer: string },
  size: number,
) => [
  `file          ${bytes(size)}`,
  `opset         ${opset} (IR ${irVersion}${producer ? `, by ${producer}` : ''})`,
];

/** The kinds of which any of the models has tensors, a row each. */
export const tensorRows = (...models: readonly TensorBytes[]) =>
  (Object.keys(models[0]) as (keyof TensorBytes)[])
    .filter((kind) => models.some((sizes) => sizes[kind] > 0))
    .map((kind) => [kind, ...models.map((sizes) => bytes(sizes[kind]))]);

/** Prints a result: the document with --json, else the text. */
export function print(
  json: boolean | undefined,
  document: unknown,
  text: () => string,
  stream: NodeJS.WritableStream = process.stdout,
): void {
  const plain = (_key: string, item: unknown) => (typeof item === 'bigint' ? Number(item) : item);
  stream.write(`${json ? JSON.stringify(document, plain, 2) : text()}\n`);
}
