// octavo run MODEL --input NAME=FILE
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { OctavoError } from '../error.js';
import type { Model } from '../model.js';
import { fileError } from '../node/files.js';
import { writeNpy } from '../node/npy.js';
import { readFileSamples } from '../node/samples.js';
import { recordOf, type Tensor } from '../tensor.js';
import * as format from './format.js';
import { addPictureOptions, choosePreprocessing, type PictureOptions } from './pictures.js';
import { addCommonOptions, load, withEngine, type CommonOptions } from './options.js';

interface Options extends CommonOptions, PictureOptions {
  input: string[];
  output?: string;
}

interface Output {
  name: string;
  type: string;
  dims: readonly number[];
  file?: string;
  data?: (number | bigint)[];
}

export function runCommand(): Command {
  const command = new Command('run')
    .description('Run a model once.')
    .argument('<model>', 'ONNX file or URL')
    .requiredOption(
      '--input <name=file...>',
      'a file for each input; with one input, its name may be left out',
    )
    .option('--output <folder>', 'write each output there, as NAME.npy, instead of printing it')
    .action((path: string, options: Options) =>
      withEngine(options, async (engine) => {
        using model = await load(engine, path);
        const feeds = await readFeeds(model, options);
        const start = performance.now();
        const tensors = await model.run(feeds);
        const ms = performance.now() - start;
        const outputs = await deliver(Object.entries(tensors), options.output);
        format.print(options.json, { ms, outputs }, () =>
          outputs.map((output) => describe(output)).join('\n'),
        );
      }),
    );
  return addCommonOptions(addPictureOptions(command));
}

async function readFeeds(model: Model, options: Options): Promise<Record<string, Tensor>> {
  const feeds = new Map<string, Tensor>();
  for (const argument of options.input) {
    const named = model.inputs.find(({ name }) => argument.startsWith(`${name}=`));
    const input =
      named ?? (model.inputs.length === 1 && !argument.includes('=') ? model.inputs[0] : undefined);
    if (!input) {
      const names = model.inputs.map(({ name }) => name).join(', ');
      throw new OctavoError('InvalidOption', `--input ${argument} names no input; the model has ${names}`);
    }
    const file = named ? argument.slice(named.name.length + 1) : argument;
    const [sample] = await readFileSamples(file, input, choosePreprocessing(model, options, [file]));
    feeds.set(input.name, sample);
  }
  return recordOf(feeds);
}

async function deliver(
  tensors: readonly (readonly [string, Tensor])[],
  folder: string | undefined,
): Promise<Output[]> {
  if (folder === undefined)
    return tensors.map(([name, { type, dims, data }]) => ({ name, type, dims, data: [...data] }));
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw fileError('write', folder, error);
  }
  const files = fileNames(tensors.map(([name]) => name));
  const outputs: Output[] = [];
  for (const [i, [name, tensor]] of tensors.entries()) {
    const file = join(folder, files[i]);
    await writeNpy(file, tensor);
    outputs.push({ name, type: tensor.type, dims: tensor.dims, file });
  }
  return outputs;
}

/** A tensor's name may hold what a file's may not; no two files have the same, capital letters or not. */
function fileNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = name.replaceAll(/[^\w.-]/g, '_').slice(0, longestName);
    let unique = plain;
    for (let i = 2; taken.has(unique.toLowerCase()); ++i) unique = `${plain}-${i}`;
    taken.add(unique.toLowerCase());
    return `${unique}.npy`;
  });
}

/** What file systems take is 255 bytes. */
const longestName = 200;

const shownValues = 5;

function describe({ name, type, dims, file, data }: Output): string {
  const title = format.value({ name, type, dims: [...dims] });
  if (!data) return `${title} -> ${file}`;
  const largest = data
    .map((value, index) => ({ value, index }))
    .sort((a, b) => Number(b.value) - Number(a.value));
  const shown = largest
    .slice(0, shownValues)
    .map(({ value, index }) => [`[${index}]`, Number(value).toPrecision(6)]);
  return `${title}, largest:\n${format.table(['', ''], shown)}`;
}
