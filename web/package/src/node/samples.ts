// Files to samples: what calibration and comparison on the command line run over.
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { OctavoError } from '../error.js';
import type { ValueDescription } from '../native.js';
import { imageToTensor } from '../preprocess/image_to_tensor.js';
import type { Tensor } from '../tensor.js';
import { arraySamples, howUnsaid, type SampleOptions } from './arrays.js';
import { contentError, fileError } from './files.js';
import { readImage } from './images.js';
import { readNpy } from './npy.js';
import { readTensorProto } from './tensor_proto.js';

const pictureExtensions: readonly string[] = ['.png', '.jpg', '.jpeg', '.webp'];

/** The endings of the files that can be samples. */
export const sampleExtensions: readonly string[] = ['.npy', '.pb', ...pictureExtensions];

/**
 * Paths with each folder replaced by the sample files in it, in alphabetical order; folders in it are not entered.
 * @throws OctavoError `File` for a path that does not exist, or a folder without any
 */
export async function listFiles(paths: readonly string[]): Promise<string[]> {
  checkPaths('listFiles', paths);
  const lists = await Promise.all(
    paths.map(async (path) => {
      let folders: boolean;
      try {
        if (!(await stat(path)).isDirectory()) return [path];
        const entries = await readdir(path, { withFileTypes: true });
        const names = entries.map(({ name }) => name);
        const files = names.filter((name) => sampleExtensions.includes(extname(name).toLowerCase())).sort();
        if (files.length > 0) return files.map((name) => join(path, name));
        folders = entries.some((entry) => entry.isDirectory());
      } catch (error) {
        throw fileError('read', path, error);
      }
      const known = sampleExtensions.join(', ');
      const remedy = folders ? '; the folders in it have to be named themselves' : '';
      throw new OctavoError('File', `there are no ${known} files in ${path}${remedy}`, { file: path });
    }),
  );
  return lists.flat();
}

function checkPaths(call: string, paths: readonly string[]): void {
  if (!Array.isArray(paths)) throw new OctavoError('InvalidOption', `${call} takes a list of paths`);
}

/** Whether a file is read as a picture. */
export const isPicture = (path: string) => pictureExtensions.includes(extname(path).toLowerCase());

/**
 * Reads the samples in one file: a picture is one, an array may be a stack of them.
 * @throws OctavoError `File`, `InvalidData`, `InvalidOption` for a picture without preprocessing
 */
export async function readFileSamples(
  path: string,
  input: ValueDescription,
  options: SampleOptions = {},
): Promise<Tensor[]> {
  const extension = extname(path).toLowerCase();
  if (extension === '.npy') {
    const samples = arraySamples(path, await readNpy(path), input, options);
    if (samples.length === 0) throw contentError(path, 'holds no sample');
    return samples;
  }
  if (extension === '.pb') return [(await readTensorProto(path)).tensor];
  if (!isPicture(path)) throw contentError(path, `is none of ${sampleExtensions.join(', ')}`);
  if (!options.preprocessing) throw howUnsaid(`${path} is a picture`, path, input);
  return [imageToTensor(await readImage(path), options.preprocessing)];
}

/** Reads the files one after the other, as they are asked for. */
export async function* readSamples(
  files: readonly string[],
  input: ValueDescription,
  options: SampleOptions = {},
): AsyncGenerator<Tensor> {
  checkPaths('readSamples', files);
  for (const file of files) yield* await readFileSamples(file, input, options);
}
