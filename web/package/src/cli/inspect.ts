// octavo inspect MODEL
import { Command } from 'commander';
import type { Engine } from '../engine.js';
import { OctavoError } from '../error.js';
import type { Layer, ModelDescription } from '../native.js';
import { supportedOperators } from '../operators.js';
import { describePreprocessing } from '../preprocess/describe.js';
import { findPreprocessing, type FoundPreprocessing } from '../preprocess/find.js';
import { coverageOf } from './coverage.js';
import * as format from './format.js';
import { inspectFile } from './inspect_file.js';
import { addCommonOptions, examples, load, withEngine, type CommonOptions } from './options.js';
import { openForm } from './pictures.js';

interface Options extends CommonOptions {
  layers?: boolean;
}

export function inspectCommand(): Command {
  const command = new Command('inspect')
    .description('Show what a model is made of, and what of it would be quantized.')
    .argument('<model>', 'ONNX file or URL')
    .option('--layers', 'list the nodes one by one')
    .action((path: string, options: Options) =>
      withEngine(options, async (engine) => {
        using model = await load(engine, path, options).catch((error: unknown) =>
          describeUnsupported(engine, path, options, error),
        );
        if (!model) return;
        const description = model.describe();
        const layers = await model.layers();
        const bytes = await engine.call('fileBytes', [model.handle]);
        const preprocessing = findPreprocessing(model);
        format.print(options.json, { ...description, bytes, preprocessing, layers, runs: true }, () =>
          [
            describe(description, bytes, preprocessing),
            operatorTable(layers),
            ...describeSizes(layers, description),
            ...(options.layers ? [layerTable(layers)] : []),
          ].join('\n\n'),
        );
      }),
    );
  return addCommonOptions(command).addHelpText(
    'after',
    examples('inspect model.onnx', 'inspect model.onnx --layers', 'inspect model.onnx --json'),
  );
}

/** A file that is well-formed and does not run is described all the same. Any other error is one. */
async function describeUnsupported(
  engine: Engine,
  path: string,
  { json }: Options,
  error: unknown,
): Promise<undefined> {
  if (!(error instanceof OctavoError && error.code === 'Unsupported')) throw error;
  const { document, text } = await inspectFile(path, error, await supportedOperators({ engine }));
  format.print(json, document, () => text);
}

function describe(model: ModelDescription, bytes: number, preprocessing: FoundPreprocessing): string {
  const { scheme, integerNodes, floatNodes, islands } = model.quantization;
  return [
    ...format.fileLines(model, bytes),
    ...model.inputs.map((input) => `input         ${format.value(input)}`),
    ...describePictures(preprocessing),
    ...model.outputs.map((output) => `output        ${format.value(output)}`),
    ...describeOverridable(model.overridableInitializers),
    `parameters    ${format.count(model.parameters)}`,
    ...describeTensors(model),
    `multiply-adds ${model.macs < 0 ? 'unknown: shapes are open' : format.count(model.macs)}`,
    `quantization  ${scheme}${scheme === 'none' ? '' : `, ${format.nodes(integerNodes)} in integers, ${floatNodes} in float`}`,
    ...islands.map(({ node, op, reason }) => `  float: ${op} ${node}: ${reason}`),
  ].join('\n');
}

function describeTensors({ tensorBytes }: ModelDescription): string[] {
  const kinds = format.tensorRows(tensorBytes).map((row) => row.join(' '));
  return kinds.length === 0 ? [] : [`tensors       ${kinds.join(', ')}`];
}

/** Some converters list all weights so. */
function describeOverridable(values: ModelDescription['overridableInitializers']): string[] {
  if (values.length === 0) return [];
  const names = values.slice(0, 3).map(format.value).join(', ');
  return [`overridable   ${values.length} initializers: ${names}${values.length > 3 ? ', …' : ''}`];
}

function describePictures(found: FoundPreprocessing): string[] {
  const { known, candidates, why } = found;
  if (known) return [`pictures      ${describePreprocessing(known)} (${why})`];
  if (candidates.length === 0) return [];
  const ways = [...openForm(found), `--preprocessing ${candidates.join(' | ')}`];
  return [`pictures      not known: ${ways.join(', ')}`];
}

/** Which methods quantize a node, for people. */
const by = (quantizes: Layer['quantizes']) =>
  ({ dynamic: 'dynamic, static', 'dynamic only': 'dynamic', static: 'static', '': '' })[quantizes];

/** A row for each operator, those with the most parameters first. */
function operatorTable(layers: readonly Layer[]): string {
  const kinds = new Map<string, Layer[]>();
  for (const layer of layers) {
    const key = `${layer.op} ${layer.quantizes}`;
    kinds.set(key, [...(kinds.get(key) ?? []), layer]);
  }
  const all = Math.max(1, sum(layers));
  const rows = [...kinds.values()]
    .sort((a, b) => sum(b) - sum(a) || b.length - a.length)
    .map((kind) => [
      kind[0].op,
      String(kind.length),
      sum(kind) === 0 ? '' : format.count(sum(kind)),
      sum(kind) === 0 ? '' : `${((100 * sum(kind)) / all).toFixed(1)} %`,
      shapes(kind),
      by(kind[0].quantizes),
    ]);
  return format.table(['operator', 'nodes', 'parameters', 'share', 'outputs', 'int8 by'], rows, [0, 4, 5]);
}

const sum = (layers: readonly Layer[]) => layers.reduce((total, { parameters }) => total + parameters, 0);

/** The first shape and the last, where they differ. */
function shapes(layers: readonly Layer[]): string {
  const [first, last] = [layers[0], layers.at(-1)].map((layer) => format.shape(layer?.dims));
  return first === last ? first : `${first} … ${last}`;
}

/** How large the weights are as they are, and about how large each method makes them. */
function describeSizes(layers: readonly Layer[], { quantization, parameters }: ModelDescription): string[] {
  if (quantization.scheme !== 'none') return [];
  const size = (method: 'dynamic' | 'static') => {
    const { integer } = coverageOf(layers, method, {});
    return format.bytes(4 * parameters - 3 * Math.min(parameters, integer.parameters));
  };
  const float = `weights: ${format.bytes(4 * parameters)} in float`;
  return [`${float}; about ${size('dynamic')} with dynamic quantization, ${size('static')} with static`];
}

function layerTable(layers: readonly Layer[]): string {
  const rows = layers.map(({ name, op, dims, parameters, quantizes }) => [
    name,
    op,
    format.shape(dims),
    parameters === 0 ? '' : format.count(parameters),
    by(quantizes),
  ]);
  return format.table(['layer', 'operator', 'output', 'parameters', 'int8 by'], rows, [0, 1, 2, 4]);
}
