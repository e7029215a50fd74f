// Files to samples: what calibration and comparison on the command line run over.
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { OctavoError } from '../error.js';
import type { ValueDescription } from '../native.js';
import { imageToTensor, imagePresets, presetForInput, type ImagePresetName } from '../preprocess/images.js';
import { Tensor, type TensorData } from '../tensor.js';
import { contentError, fileError } from './files.js';
import { readImage } from './images.js';
import { readNpy } from './npy.js';
import { readTensorProto } from './tensor_proto.js';

/** The endings of the files that can be samples. */
export const sampleExtensions: readonly string[] = ['.npy', '.pb', '.png', '.jpg', '.jpeg'];

/**
 * Paths with each folder replaced by the sample files in it, in alphabetical order; folders in it are not entered.
 * @throws OctavoError `File` for a path that does not exist, or a folder without any
 */
export async function listFiles(paths: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(
    paths.map(async (path) => {
      try {
        if (!(await stat(path)).isDirectory()) return [path];
        const names = await readdir(path);
        const files = names.filter((name) => sampleExtensions.includes(extname(name).toLowerCase())).sort();
        if (files.length > 0) return files.map((name) => join(path, name));
      } catch (error) {
        throw fileError('read', path, error);
      }
      const known = sampleExtensions.join(', ');
      throw new OctavoError('File', `there are no ${known} files in ${path}`, { file: path });
    }),
  );
  return lists.flat();
}

export interface SampleOptions {
  /** How images become tensors; by default the preset that makes the size which the input asks for. */
  preset?: string | undefined;
}

/**
 * Reads one file as the tensor of `input`. An array that lacks only the batch dimension gets one of 1.
 * @throws OctavoError `File`, `InvalidData`, `InvalidOption` for an unknown preset
 */
export async function readSample(
  path: string,
  input: ValueDescription,
  options: SampleOptions,
): Promise<Tensor> {
  const extension = extname(path).toLowerCase();
  if (extension === '.npy') return fitted(await readNpy(path), input);
  if (extension === '.pb') return (await readTensorProto(path)).tensor;
  if (!sampleExtensions.includes(extension)) {
    throw contentError(path, `is none of ${sampleExtensions.join(', ')}`);
  }
  return imageToTensor(await readImage(path), presetName(input, options));
}

/** Reads the files one after the other, as they are asked for. */
export async function* readSamples(
  files: readonly string[],
  input: ValueDescription,
  options: SampleOptions = {},
): AsyncGenerator<Tensor> {
  for (const file of files) yield await readSample(file, input, options);
}

/** @throws OctavoError `InvalidOption` when there is no such preset, or none by default */
export function presetName(input: ValueDescription, { preset }: SampleOptions): ImagePresetName {
  const known = Object.keys(imagePresets);
  const name = preset ?? presetForInput(input);
  if (name !== undefined && known.includes(name)) return name as ImagePresetName;
  const problem =
    preset === undefined
      ? `no image preset fits input '${input.name}'`
      : `there is no image preset '${preset}'`;
  throw new OctavoError('InvalidOption', `${problem}; choose one with --preset: ${known.join(', ')}`);
}

/** Adds a batch of 1 where exactly that is missing. Types are left as they are: a wrong one is for the engine to name. */
function fitted(tensor: Tensor, input: ValueDescription): Tensor {
  if (tensor.dims.length + 1 !== input.dims?.length) return tensor;
  return new Tensor(tensor.type, tensor.data as TensorData, [1, ...tensor.dims]);
}
