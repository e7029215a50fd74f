// octavo run MODEL FILE…
import { Command } from 'commander';
import { OctavoError } from '../error.js';
import * as format from './format.js';
import { findRuns } from './feeds.js';
import {
  labelledOutput,
  largest,
  probabilities,
  readLabels,
  rowsOf,
  type Class,
  type Labels,
} from './labels.js';
import { addCommonOptions, examples, load, wholeNumber, withEngine, type CommonOptions } from './options.js';
import { addPictureOptions, presetsHelp, type PictureOptions } from './pictures.js';
import { withProgressBar } from './progress.js';
import { outputFolder, type OutputFolder } from './output_folder.js';
import type { Tensor } from '../tensor.js';

interface Options extends CommonOptions, PictureOptions {
  input?: string[];
  output?: string;
  labels?: string;
  top?: number;
}

interface Output {
  name: string;
  type: string;
  dims: readonly number[];
  file?: string;
  data?: (number | bigint)[];
}

/** What one run gave. */
interface Result {
  name: string;
  ms: number;
  outputs: Output[];
  /** For each row of the labelled output its classes, the most probable first. */
  classes?: Class[][];
}

export function runCommand(): Command {
  const command = new Command('run')
    .description('Run a model on pictures or arrays.')
    .argument('<model>', 'ONNX file or URL')
    .argument(
      '[files...]',
      'pictures, .npy or .pb files, folders of such; NAME=FILE where there are several inputs',
    )
    .option('--input <name=file...>', 'the same, as an option')
    .option('--labels <file>', 'print classes by name, with probabilities: a text, a JSON list, or imagenet')
    .option('--top <count>', 'how many classes of each (default: 5, or 1 of many)', wholeNumber)
    .option('--output <folder>', 'write each output there, as NAME.npy, instead of printing it')
    .action((path: string, files: string[], options: Options) => run(path, files, options));
  return addCommonOptions(addPictureOptions(command)).addHelpText(
    'after',
    presetsHelp +
      '\n' +
      examples(
        'run model.onnx cat.jpg dog.webp --preprocessing imagenet --labels imagenet',
        'run digits.onnx images.npy --preprocessing mnist --top 1',
        'run model.onnx ids=ids.npy mask=mask.npy --output results',
      ),
  );
}

function run(path: string, files: readonly string[], options: Options): Promise<void> {
  return withEngine(options, async (engine) => {
    const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
    using model = await load(engine, path, options);
    const runs = await findRuns(model, [...files, ...(options.input ?? [])], options);
    const folder = options.output === undefined ? undefined : await outputFolder(options.output);
    const results: Result[] = [];
    await withProgressBar(options, async (onProgress) => {
      for await (const { name, feeds } of runs.read()) {
        const start = performance.now();
        const tensors = await model.run(feeds).catch((error: unknown) => {
          throw error instanceof OctavoError ? error.inFile(name) : error;
        });
        const ms = performance.now() - start;
        results.push(await resultOf(name, ms, tensors, { labels, folder, alone: runs.count === 1 }));
        onProgress({ phase: 'run', loaded: results.length, total: Math.max(results.length, runs.count) });
      }
    });
    const { preprocessing, said } = runs.choice;
    const document = { ...(preprocessing && { preprocessing }), samples: results };
    if (said && !options.json && !options.quiet) process.stderr.write(`pictures: ${said}\n`);
    format.print(options.json, document, () => describe(results, options.top));
  });
}

async function resultOf(
  name: string,
  ms: number,
  tensors: Record<string, Tensor>,
  { labels, folder, alone }: { labels: Labels | undefined; folder: OutputFolder | undefined; alone: boolean },
): Promise<Result> {
  const outputs: Output[] = [];
  for (const [output, tensor] of Object.entries(tensors)) {
    const { type, dims, data } = tensor;
    const where = folder
      ? { file: await folder.write(alone ? output : `${name}.${output}`, tensor) }
      : { data: [...data] };
    outputs.push({ name: output, type, dims, ...where });
  }
  if (!labels) return { name, ms, outputs };
  const { name: chosen, labels: names } = labelledOutput(tensors, labels);
  const classes = rowsOf(tensors[chosen]).map((row) => largest(probabilities(row), row.length, names));
  return { name, ms, outputs, classes };
}

const fewRows = 5;

function describe(results: readonly Result[], top: number | undefined): string {
  const rows = results.flatMap(({ name, classes, outputs }) => {
    const named = (index: number, count: number) => (count === 1 ? name : `${name}[${index}]`);
    if (classes) return classes.map((list, i) => ({ title: named(i, classes.length), list, output: '' }));
    return outputs.flatMap((output) => {
      if (!output.data)
        return [{ title: name, list: [], output: `${format.value(described(output))} -> ${output.file}` }];
      const lists = rowsOf(output as unknown as Tensor).map((row) => largest(row, row.length));
      return lists.map((list, i) => ({ title: named(i, lists.length), list, output: output.name }));
    });
  });
  const count = top ?? (rows.length > fewRows ? 1 : fewRows);
  const written = rows.filter(({ list }) => list.length === 0).map(({ output }) => output);
  const shown = rows.flatMap(({ title, list, output }) =>
    list
      .slice(0, count)
      .map(({ index, label, value }, i) => [
        i === 0 ? title : '',
        ...(label === undefined
          ? [output, `[${index}]`, value.toPrecision(6)]
          : [label, `${(100 * value).toFixed(1)} %`]),
      ]),
  );
  if (shown.length === 0) return written.join('\n');
  const head = results[0].classes ? ['', 'class', 'probability'] : ['', 'output', 'largest', 'value'];
  const shapes = results[0].classes
    ? []
    : results[0].outputs.map((output) => format.value(described(output)));
  return [...written, ...shapes, format.table(head, shown, [0, 1])].join('\n');
}

const described = ({ name, type, dims }: Output) => ({ name, type, dims: [...dims] });
