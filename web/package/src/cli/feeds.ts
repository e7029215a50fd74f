// The files of a run: which input each is for, and how many runs they make.
import { basename } from 'node:path';
import { OctavoError } from '../error.js';
import type { Model } from '../model.js';
import type { ValueDescription } from '../native.js';
import { isPicture, listFiles, readFileSamples } from '../node/samples.js';
import { Tensor, elementTypes, recordOf, type TensorData } from '../tensor.js';
import { choosePreprocessing, type PictureChoice, type PictureOptions } from './pictures.js';

/** One run. */
export interface Run {
  /** Of the file, for people. */
  name: string;
  feeds: Record<string, Tensor>;
}

/** The runs that a command's files make, read one at a time. */
export interface Runs {
  choice: PictureChoice;
  /** At least so many. */
  count: number;
  read: () => AsyncGenerator<Run>;
}

/**
 * Each argument is a file or `NAME=FILE`. With one input each file is a run, and a folder as many as it has files; with several
 * inputs all files together are one run.
 * @throws OctavoError `InvalidOption`, `File`
 */
export async function findRuns(
  model: Model,
  given: readonly string[],
  options: PictureOptions,
): Promise<Runs> {
  const names = model.inputs.map(({ name }) => `'${name}'`).join(', ');
  const inputs = `the model's ${model.inputs.length === 1 ? 'input is' : 'inputs are'} ${names}`;
  if (given.length === 0) throw new OctavoError('InvalidOption', `there is no file to run on; ${inputs}`);
  const named = given.map((argument) => {
    const input = model.inputs.find(({ name }) => argument.startsWith(`${name}=`));
    if (input) return { input, path: argument.slice(input.name.length + 1) };
    if (model.inputs.length === 1 && !argument.includes('='))
      return { input: model.inputs[0], path: argument };
    throw new OctavoError('InvalidOption', `${argument} names no input; ${inputs}`);
  });
  if (model.inputs.length === 1)
    return runsOfOne(
      model,
      named.map(({ path }) => path),
      options,
    );
  const twice = named.find(({ input }, i) => named.findIndex((other) => other.input === input) !== i);
  if (twice) throw new OctavoError('InvalidOption', `input ${twice.input.name} is given twice`);
  return runOfSeveral(model, named, options);
}

async function runsOfOne(model: Model, paths: readonly string[], options: PictureOptions): Promise<Runs> {
  const [input] = model.inputs;
  const files = await listFiles(paths);
  const choice = choosePreprocessing(model, options, files);
  async function* read() {
    for (const file of files) {
      const samples = await readFileSamples(file, input, choice);
      const takesMany = typeof input.dims?.[0] === 'string';
      for (const [i, tensor] of (takesMany ? [joined(samples)] : samples).entries()) {
        const name = takesMany || samples.length === 1 ? basename(file) : `${basename(file)}[${i}]`;
        yield { name, feeds: recordOf([[input.name, tensor]]) };
      }
    }
  }
  return { choice, count: files.length, read };
}

/** Each picture is chosen for by itself: what a file remembers is of the one input of a network. */
function runOfSeveral(
  model: Model,
  named: readonly { input: ValueDescription; path: string }[],
  options: PictureOptions,
): Runs {
  const describe = () => model.describe();
  const { scale } = options;
  const chosen = named.map(({ input, path }) => ({
    input,
    path,
    choice: isPicture(path) ? choosePreprocessing({ inputs: [input], describe }, options, [path]) : { scale },
  }));
  async function* read() {
    const feeds: [string, Tensor][] = [];
    for (const { input, path, choice } of chosen)
      feeds.push([input.name, joined(await readFileSamples(path, input, choice))]);
    yield { name: named.map(({ path }) => basename(path)).join(', '), feeds: recordOf(feeds) };
  }
  return { choice: chosen.find(({ choice }) => 'said' in choice)?.choice ?? {}, count: 1, read };
}

/** Samples as one batch. */
function joined(samples: readonly Tensor[]): Tensor {
  const [first] = samples;
  if (samples.length === 1) return first;
  const { type, dims } = first;
  const data = new elementTypes[type].array(samples.length * first.data.length);
  samples.forEach((sample, i) => data.set(sample.data as never, i * first.data.length));
  return new Tensor(type, data as TensorData, [samples.length * dims[0], ...dims.slice(1)]);
}
