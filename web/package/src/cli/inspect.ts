// octavo inspect MODEL
import { Command } from 'commander';
import type { ModelDescription } from '../native.js';
import * as format from './format.js';
import { addCommonOptions, load, withEngine, type CommonOptions } from './options.js';

export function inspectCommand(): Command {
  const command = new Command('inspect')
    .description('Show what a model is made of.')
    .argument('<model>', 'ONNX file or URL')
    .action((path: string, options: CommonOptions) =>
      withEngine(options, async (engine) => {
        using model = await load(engine, path);
        const description = model.describe();
        format.print(options.json, description, () => describe(description));
      }),
    );
  return addCommonOptions(command);
}

function describe(model: ModelDescription): string {
  const { scheme, integerNodes, floatNodes, islands } = model.quantization;
  const operators = Object.entries(model.operators).sort(([, a], [, b]) => b - a);
  const lines = [
    `opset         ${model.opset} (IR ${model.irVersion}${model.producer ? `, by ${model.producer}` : ''})`,
    ...model.inputs.map((input) => `input         ${format.value(input)}`),
    ...model.outputs.map((output) => `output        ${format.value(output)}`),
    `parameters    ${format.count(model.parameters)}`,
    `multiply-adds ${model.macs < 0 ? 'unknown: shapes are open' : format.count(model.macs)}`,
    `quantization  ${scheme}${scheme === 'none' ? '' : `, ${integerNodes} nodes in integers, ${floatNodes} in float`}`,
    ...islands.map(({ node, op, reason }) => `  float: ${op} ${node}: ${reason}`),
    `operators     ${operators.map(([op, nodes]) => `${op} ${nodes}`).join(', ')}`,
  ];
  return lines.join('\n');
}
