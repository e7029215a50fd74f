// octavo quantize MODEL -o OUT --method dynamic|static
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command, Option } from 'commander';
import { OctavoError } from '../error.js';
import { fileError, writeBytes } from '../node/files.js';
import * as format from './format.js';
import { addPictureOptions } from './pictures.js';
import {
  addCommonOptions,
  addQuantizationOptions,
  load,
  quantize,
  withEngine,
  type CommonOptions,
  type QuantizationOptions,
} from './options.js';

interface Options extends CommonOptions, QuantizationOptions {
  output: string;
  method: 'dynamic' | 'static';
}

export function quantizeCommand(): Command {
  const command = new Command('quantize')
    .description('Write an int8 copy of a float model.')
    .argument('<model>', 'ONNX file or URL')
    .requiredOption('-o, --output <file>', 'where to write the int8 ONNX file')
    .addOption(
      new Option('--method <method>', 'ranges of activations while running, or beforehand from typical input')
        .choices(['dynamic', 'static'])
        .makeOptionMandatory(),
    )
    .action((path: string, options: Options) =>
      withEngine(options, (engine) => write(engine, path, options)),
    );
  return addCommonOptions(addPictureOptions(addQuantizationOptions(command)));
}

/** Says before all the work what would go wrong after it. */
async function checkOutput(model: string, output: string): Promise<void> {
  const folder = await stat(dirname(output)).catch((error: unknown) => {
    throw fileError('write', output, error);
  });
  if (!folder.isDirectory()) throw fileError('write', output, new Error(`${dirname(output)} is no folder`));
  const there = await stat(output).catch(() => undefined);
  if (there?.isDirectory()) throw fileError('write', output, new Error('it is a folder'));
  const [from, to] = await Promise.all([model, output].map((path) => realpath(path).catch(() => undefined)));
  if (from !== undefined && from === to)
    throw new OctavoError('InvalidOption', `${output} is the float model itself, which would be lost`);
}

async function write(engine: Parameters<typeof load>[0], path: string, options: Options): Promise<void> {
  await checkOutput(path, options.output);
  using model = await load(engine, path);
  using quantized = await quantize(model, options.method, options);
  const onnx = await quantized.toOnnx();
  await writeBytes(options.output, onnx);
  const floatBytes = await engine.call('fileBytes', [model.handle]);
  const { quantization } = quantized.describe();
  const report = {
    float: { file: path, bytes: floatBytes },
    quantized: { file: options.output, bytes: onnx.byteLength },
    sizeRatio: onnx.byteLength / floatBytes,
    quantization,
  };
  format.print(options.json, report, () => {
    const { integerNodes, floatNodes, islands } = quantization;
    const sizes = `${format.bytes(floatBytes)} -> ${format.bytes(onnx.byteLength)}`;
    const lines = [
      `${options.output}: ${sizes} (${report.sizeRatio.toFixed(3)})`,
      `${integerNodes} nodes in integers, ${floatNodes} in float`,
      ...islands.map(({ node, op, reason }) => `  float: ${op} ${node}: ${reason}`),
    ];
    return lines.join('\n');
  });
}
