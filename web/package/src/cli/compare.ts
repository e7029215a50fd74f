// octavo compare FLOAT [QUANTIZED] --data PATH
import { Command } from 'commander';
import { compare } from '../compare.js';
import type { Engine } from '../engine.js';
import { OctavoError } from '../error.js';
import type { Model } from '../model.js';
import type { CompareReport, EngineInfo } from '../options.js';
import { findPreprocessing } from '../preprocess/find.js';
import type { Preprocessing } from '../preprocess/preprocessing.js';
import * as format from './format.js';
import { addCommonOptions, examples, load, wholeNumber, withEngine } from './options.js';
import { addPictureOptions, presetsHelp } from './pictures.js';
import { withProgressBar } from './progress.js';
import { addQuantizationOptions, quantize, type QuantizationOptions } from './quantization.js';
import { describeMethod } from './quantize.js';
import { findSamples } from './samples.js';

interface Options extends QuantizationOptions {
  data: string[];
  repeats: number;
  layers?: boolean;
}

export function compareCommand(): Command {
  const command = new Command('compare')
    .description('Compare a float model with its int8 copy: size, speed, outputs.')
    .argument('<float>', 'ONNX file or URL of the float model')
    .argument('[quantized]', 'ONNX file or URL of the int8 model; without it one is made')
    .requiredOption('--data <path...>', 'files or folders of input to run')
    .option('--repeats <count>', 'timed runs of each model for each sample', wholeNumber, 5)
    .option('--layers', 'compare the layers too, those that differ most first')
    .action((floatPath: string, quantizedPath: string | undefined, options: Options) =>
      withEngine(options, async (engine) => {
        const { report, notes, preprocessing } = await compareFiles(
          engine,
          floatPath,
          quantizedPath,
          options,
        );
        const document = { ...report, ...(preprocessing && { preprocessing }), engine: engine.info };
        format.print(options.json, document, () =>
          [...(options.quiet ? [] : notes), describe(report, engine.info)].join('\n'),
        );
      }),
    );
  return addCommonOptions(addPictureOptions(addQuantizationOptions(command))).addHelpText(
    'after',
    presetsHelp +
      '\n' +
      examples(
        'compare model.onnx model.int8.onnx --data photos --preprocessing imagenet',
        'compare model.onnx --calibration photos --data other-photos --preprocessing imagenet --layers',
      ),
  );
}

async function compareFiles(
  engine: Engine,
  floatPath: string,
  quantizedPath: string | undefined,
  options: Options,
): Promise<{ report: CompareReport; notes: string[]; preprocessing: Preprocessing | undefined }> {
  const { method, calibration, data, repeats, layers = false } = options;
  if (quantizedPath !== undefined && (method ?? calibration) !== undefined)
    throw new OctavoError(
      'InvalidOption',
      'compare with either a second model or one that --method and --calibration make',
    );
  using float = await load(engine, floatPath, options);
  const made = quantizedPath === undefined ? await quantize(float, options) : undefined;
  using quantized = made?.model ?? (await load(engine, quantizedPath ?? '', options));
  checkPair(float, quantized);
  // Either of the two may be the one that remembers.
  const knows = findPreprocessing(float).known ? float : quantized;
  const { choice, read, counted } = await findSamples(knows, data, options);
  const report = await withProgressBar(options, (onProgress) =>
    compare(float, quantized, read(), { repeats, layers, onProgress: counted(onProgress) }),
  );
  const notes = [
    ...(made ? describeMethod(made) : []),
    ...(choice.said ? [`pictures: ${choice.said}`] : []),
    '',
  ];
  return { report, notes: notes.length > 1 ? notes : [], preprocessing: choice.preprocessing };
}

/** Two files that stand for each other, the float one first. */
function checkPair(float: Model, quantized: Model): void {
  const isFloat = ({ quantization }: ReturnType<Model['describe']>) => quantization.scheme === 'none';
  if (!isFloat(float.describe()) && isFloat(quantized.describe()))
    throw new OctavoError(
      'InvalidOption',
      `${float.name} is quantized and ${quantized.name} is not: the float model comes first`,
    );
  const inputs = (model: Model) => model.inputs.map(({ name }) => name).join(', ');
  if (inputs(float) !== inputs(quantized))
    throw new OctavoError(
      'InvalidOption',
      `the models take other inputs: ${float.name} ${inputs(float)}, ${quantized.name} ${inputs(quantized)}`,
    );
}

function describe(report: CompareReport, engine: EngineInfo): string {
  const { float, quantized, outputs, layers, top1Agreement } = report;
  const row = (name: string, { bytes, ms, msBest, msQuartiles }: typeof float) => [
    ...[name, format.bytes(bytes), format.milliseconds(ms), format.milliseconds(msBest)],
    msQuartiles.map(format.milliseconds).join(' … '),
  ];
  const agreement = ({ name, cosine, sqnrDb, maxAbs }: (typeof outputs)[number]) => [
    ...[name, cosine.toFixed(5), format.decibels(sqnrDb), maxAbs.toPrecision(4)],
  ];
  const ratio = ['ratio', report.sizeRatio.toFixed(3), `${report.speedup.toFixed(2)} x as fast`, '', ''];
  const parts = [
    format.table(
      ['', 'file', 'median', 'best', 'quartiles'],
      [row('float', float), row('int8', quantized), ratio],
    ),
    format.table(['tensors', 'float', 'int8'], format.tensorRows(float.tensorBytes, quantized.tensorBytes)),
    format.table(['output', 'cosine', 'SQNR', 'largest difference'], outputs.map(agreement)),
  ];
  if (layers) {
    const ends = ([from, to]: [number, number]) => `${from.toPrecision(3)} … ${to.toPrecision(3)}`;
    const rows = layers
      .toSorted((a, b) => a.sqnrDb - b.sqnrDb)
      .map((layer) => {
        const { range, quantizedRange, clipped } = layer.distribution ?? {};
        return [
          ...[layer.op, ...agreement(layer)],
          ...[range ? ends(range) : '', quantizedRange ? ends(quantizedRange) : ''],
          clipped === undefined ? '' : format.percent(clipped),
        ];
      });
    const head = [
      'operator',
      'layer',
      'cosine',
      'SQNR',
      'largest difference',
      'range',
      'int8 range',
      'clipped',
    ];
    parts.push(format.table(head, rows));
  }
  const samples = `${report.samples} ${report.samples === 1 ? 'sample' : 'samples'}`;
  const top1 = top1Agreement === undefined ? '' : `, same top-1 in ${(100 * top1Agreement).toFixed(1)} %`;
  parts.push(`${samples}${top1}; ${engine.build} engine (${engine.why}), relaxed dot product: ${engine.dot}`);
  return parts.join('\n\n');
}
