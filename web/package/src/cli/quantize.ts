// octavo quantize MODEL
import { Command, Option } from 'commander';
import type { Engine } from '../engine.js';
import { fileOptions } from '../file_options.js';
import type { FileOptions, ModelDescription } from '../native.js';
import { countText } from './coverage.js';
import * as format from './format.js';
import { addCommonOptions, examples, load, withEngine } from './options.js';
import { checkOutput, defaultOutput, standardOutput, writeOutput } from './output_file.js';
import { addPictureOptions, presetsHelp } from './pictures.js';
import {
  addQuantizationOptions,
  quantize,
  type Quantized,
  type QuantizationOptions,
} from './quantization.js';

interface Options extends QuantizationOptions, FileOptions {
  output?: string;
  force?: boolean;
}

export function quantizeCommand(): Command {
  const command = new Command('quantize')
    .description('Write an int8 or int4 copy of a float model.')
    .argument('<model>', 'ONNX file or URL')
    .option(
      '-o, --output <file>',
      'where to write it, - for standard output (default: MODEL.int8.onnx, or .int4)',
    )
    .option('--force', 'replace the file if there is one')
    .action((path: string, options: Options) =>
      withEngine(options, (engine) => write(engine, path, options)),
    );
  for (const { flag, help, choices } of Object.values(fileOptions))
    command.addOption(new Option(flag, help).choices(choices));
  return addCommonOptions(addPictureOptions(addQuantizationOptions(command))).addHelpText(
    'after',
    presetsHelp +
      '\n' +
      examples(
        'quantize model.onnx',
        'quantize model.onnx --calibration photos --preprocessing imagenet',
        'quantize model.onnx --method weights --bits 4 --block-size 32',
        'quantize digits.onnx --calibration images.npy --preprocessing mnist -o small.onnx',
        'quantize https://example.org/model.onnx -o - > small.onnx',
      ),
  );
}

async function write(engine: Engine, path: string, options: Options): Promise<void> {
  const { output = defaultOutput(path, options), force = false, weights, storage } = options;
  await checkOutput(path, output, force);
  using model = await load(engine, path, options);
  const made = await quantize(model, options);
  using quantized = made.model;
  const onnx = await quantized.toOnnx({ ...(weights && { weights }), ...(storage && { storage }) });
  await writeOutput(output, onnx);
  const floatBytes = await engine.call('fileBytes', [model.handle]);
  const { quantization } = quantized.describe();
  const report = {
    float: { file: path, bytes: floatBytes },
    quantized: { file: output, bytes: onnx.byteLength },
    sizeRatio: onnx.byteLength / floatBytes,
    method: made.method,
    why: made.why,
    ...(made.choice.preprocessing && { preprocessing: made.choice.preprocessing }),
    quantization,
  };
  if (options.quiet) return;
  const stream = output === standardOutput ? process.stderr : process.stdout;
  format.print(options.json, report, () => describe(report, made), stream);
}

interface Report {
  float: { bytes: number };
  quantized: { file: string; bytes: number };
  sizeRatio: number;
  quantization: ModelDescription['quantization'];
}

function describe({ float, quantized, sizeRatio, quantization }: Report, made: Quantized): string {
  const sizes = `${format.bytes(float.bytes)} -> ${format.bytes(quantized.bytes)} (${sizeRatio.toFixed(3)})`;
  const name = quantized.file === standardOutput ? 'standard output' : quantized.file;
  const { choice } = made;
  const { integerNodes, floatNodes, islands, applied } = quantization;
  const reasons = new Map<string, string[]>();
  for (const { op, reason } of islands) reasons.set(reason, [...(reasons.get(reason) ?? []), op]);
  return [
    `${name}: ${sizes}`,
    ...describeMethod(made),
    ...(choice.said ? [`pictures: ${choice.said}`] : []),
    `${format.nodes(integerNodes)} in integers, ${floatNodes} in float`,
    ...applied.map(
      ({ method, layers, gainDb }) =>
        `  ${method} in ${format.nodes(layers)}` +
        (gainDb === undefined ? '' : `: products ${gainDb.toFixed(1)} dB closer to float`),
    ),
    ...[...reasons].map(([reason, operators]) => `  float: ${countText(operators)}: ${reason}`),
  ].join('\n');
}

/** What the method does and does not do. */
export function describeMethod({ method, why, coverage, target, bits }: Quantized): string[] {
  if (target === 'speed') return [`${method} (${why}): int${bits} where that is faster on this device`];
  const { integer, float, staticOnly } = coverage;
  const all = Math.max(1, integer.parameters + float.parameters);
  const share = ({ parameters }: typeof integer) =>
    `${((100 * parameters) / all).toFixed(1)} % of the weights`;
  const lines = [
    integer.nodes > 0
      ? `${method} (${why}): int${bits} in ${integer.text}, ${share(integer)}`
      : `${method} (${why}): quantizes nothing`,
  ];
  if (staticOnly.nodes > 0)
    lines.push(
      `not in ${staticOnly.text}, ${share(staticOnly)}, which stay float; static does these, too: --calibration PATH…`,
    );
  return lines;
}
