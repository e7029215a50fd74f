// Samples of files, in memory, with the classes that another file has of them.
import { extname } from 'node:path';
import type { Model } from '../model.js';
import { contentError, parseJson, readText } from '../node/files.js';
import { readNpy } from '../node/npy.js';
import { Tensor } from '../tensor.js';
import type { PictureOptions } from './pictures.js';
import { findSamples, type Samples } from './samples.js';

export interface Labelled {
  samples: Tensor[];
  choice: Samples['choice'];
  labels?: number[];
}

/** @throws OctavoError `File`, `InvalidData` */
export async function readClasses(path: string): Promise<number[]> {
  if (extname(path).toLowerCase() === '.npy') {
    const { data, dims } = await readNpy(path);
    if (dims.length !== 1) throw contentError(path, `has ${dims.length} dimensions, and no class a sample`);
    return Array.from(data as ArrayLike<number | bigint>, Number);
  }
  const text = await readText(path);
  const list: unknown = text.trimStart().startsWith('[')
    ? parseJson(path, text)
    : text.split('\n').filter((line) => line.trim() !== '');
  const classes = (list as unknown[]).map((entry) => (typeof entry === 'string' ? Number(entry) : entry));
  const wrong = classes.findIndex((entry) => !Number.isSafeInteger(entry));
  if (wrong >= 0)
    throw contentError(path, `has no class at ${wrong + 1}: ${String((list as unknown[])[wrong])}`);
  return classes as number[];
}

/** An array of the network's own form is as many samples as it has rows. */
function rowsOf(tensor: Tensor): Tensor[] {
  const [rows = 1, ...dims] = tensor.dims;
  if (rows === 1) return [tensor];
  const size = tensor.data.length / rows;
  return Array.from(
    { length: rows },
    (_, row) => new Tensor(tensor.type, tensor.data.slice(row * size, (row + 1) * size), [1, ...dims]),
  );
}

/** Each file's samples, one by one, and their classes where a file has them. */
export async function readLabelled(
  model: Model,
  paths: readonly string[],
  labels: string | undefined,
  options: PictureOptions,
): Promise<Labelled> {
  const found = await findSamples(model, paths, options);
  const samples: Tensor[] = [];
  for await (const tensor of found.read()) samples.push(...rowsOf(tensor));
  return {
    samples,
    choice: found.choice,
    ...(labels === undefined ? {} : { labels: await readClasses(labels) }),
  };
}
