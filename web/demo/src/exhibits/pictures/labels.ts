// Names of classes: ImageNet's, those of a file, or none.
import { imagenetLabels } from './assets';
import { Problem } from '../../page/problem';

export type Labels = { kind: 'imagenet' | 'none' } | { kind: 'file'; name: string; lines: readonly string[] };

/** What is taken while nobody has said: ImageNet's for as many classes as it has, with or without TensorFlow's background. */
export const usualLabels = (classes: number | undefined): Labels => ({
  kind: classes === 1000 || classes === 1001 ? 'imagenet' : 'none',
});

/** The names in the order of the classes; empty where there are none. */
export function labelLines(labels: Labels, classes: number | undefined): readonly string[] {
  if (labels.kind === 'file') return labels.lines;
  if (labels.kind === 'none') return [];
  return classes === 1001 ? ['background', ...imagenetLabels] : imagenetLabels;
}

/**
 * The names in a file: a line each, a JSON list, or a JSON object from class to name.
 * @throws Problem where there are none, or not as many as classes
 */
export async function readLabels(file: File, classes: number | undefined): Promise<Labels> {
  const text = await file.text();
  const lines = /\.json$/i.test(file.name) ? parseJson(text, file.name) : parseLines(text);
  if (lines.length === 0 || (classes !== undefined && lines.length !== classes)) {
    const wanted = classes === undefined ? '' : `, and the network has ${classes} classes`;
    throw new Problem(`“${file.name}” names ${lines.length} classes${wanted}.`);
  }
  return { kind: 'file', name: file.name, lines };
}

/** A WordNet number in front is no part of a name: n01440764 tench. */
const parseLines = (text: string) =>
  text
    .split(/\r?\n/)
    .map((line) => line.replace(/^n\d{8}\s+/, '').trim())
    .filter((line) => line !== '');

function parseJson(text: string, name: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem(`“${name}” is no JSON.`);
  }
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const named = entries.map(([key, label]) => [Number(key), label] as [number, unknown]);
  named.sort(([a], [b]) => a - b);
  if (!named.every(([key, label], index) => key === index && typeof label === 'string'))
    throw new Problem(`“${name}” is neither a JSON list of names nor an object from class number to name.`);
  return named.map(([, label]) => label as string);
}

/**
 * The class that each folder of labelled pictures stands for: a name of the labels (one of several that commas part will do)
 * or a class number; or, where as many folders are as classes and there are no labels, its place in the alphabet, as
 * torchvision's ImageFolder has it.
 * @throws Problem that names folders which stand for none
 */
export function classesOfFolders(
  folders: readonly string[],
  lines: readonly string[],
  classes: number,
): Map<string, number> {
  const byName = new Map<string, number>();
  lines.forEach((line, index) => {
    for (const name of [line, ...line.split(',')])
      if (!byName.has(plain(name))) byName.set(plain(name), index);
  });
  const classOf = (folder: string) => {
    const named = byName.get(plain(folder));
    if (named !== undefined) return named;
    return /^\d+$/.test(folder) && Number(folder) < classes ? Number(folder) : undefined;
  };
  const found = folders.map((folder) => [folder, classOf(folder)] as const);
  const strange = found.filter(([, index]) => index === undefined).map(([folder]) => `“${folder}”`);
  if (strange.length === 0) return new Map(found as [string, number][]);
  if (lines.length === 0 && folders.length === classes)
    return new Map([...folders].sort().map((folder, index) => [folder, index]));
  const which = strange.slice(0, 3).join(', ') + (strange.length > 3 ? ' and others' : '');
  throw new Problem(
    `Folders are named as labels or numbers of classes (0 to ${classes - 1}), and ${which} ${strange.length > 1 ? 'are' : 'is'} neither.`,
  );
}

const plain = (name: string) =>
  name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ');
