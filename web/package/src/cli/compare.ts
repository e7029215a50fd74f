// octavo compare FLOAT (QUANTIZED | --method …) --data PATH
import { Command, Option } from 'commander';
import { compare } from '../compare.js';
import type { Engine } from '../engine.js';
import { OctavoError } from '../error.js';
import type { CompareReport, EngineInfo } from '../options.js';
import * as format from './format.js';
import { addPictureOptions } from './pictures.js';
import {
  addCommonOptions,
  addQuantizationOptions,
  load,
  openSamples,
  quantize,
  wholeNumber,
  withEngine,
  type CommonOptions,
  type QuantizationOptions,
} from './options.js';
import { withProgressBar } from './progress.js';

interface Options extends CommonOptions, QuantizationOptions {
  method?: 'dynamic' | 'static';
  data: string[];
  repeats: number;
  layers?: boolean;
}

export function compareCommand(): Command {
  const command = new Command('compare')
    .description('Compare a float model with its int8 copy: size, speed, outputs.')
    .argument('<float>', 'ONNX file or URL of the float model')
    .argument('[quantized]', 'ONNX file or URL of the int8 model; without it, --method says how to make one')
    .requiredOption('--data <path...>', 'files or folders of input to run')
    .addOption(new Option('--method <method>', 'quantize on the spot').choices(['dynamic', 'static']))
    .option('--repeats <count>', 'timed runs of each model for each sample', wholeNumber, 5)
    .option('--layers', 'compare the layers too')
    .action((floatPath: string, quantizedPath: string | undefined, options: Options) =>
      withEngine(options, async (engine) => {
        const report = await compareFiles(engine, floatPath, quantizedPath, options);
        format.print(options.json, { ...report, engine: engine.info }, () => describe(report, engine.info));
      }),
    );
  return addCommonOptions(addPictureOptions(addQuantizationOptions(command)));
}

async function compareFiles(
  engine: Engine,
  floatPath: string,
  quantizedPath: string | undefined,
  options: Options,
): Promise<CompareReport> {
  const { method, data, repeats, layers = false } = options;
  if ((quantizedPath === undefined) === (method === undefined)) {
    throw new OctavoError('InvalidOption', 'compare with either a second model or --method dynamic|static');
  }
  using float = await load(engine, floatPath);
  using quantized = await (quantizedPath === undefined
    ? quantize(float, method ?? 'dynamic', options)
    : load(engine, quantizedPath));
  return await withProgressBar(async (onProgress) => {
    const opened = await openSamples(float, data, options, onProgress);
    return await compare(float, quantized, opened.samples, {
      repeats,
      layers,
      onProgress: opened.onProgress,
    });
  });
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
    format.table(['output', 'cosine', 'SQNR', 'largest difference'], outputs.map(agreement)),
  ];
  if (layers) {
    const rows = layers.map((layer) => [layer.op, ...agreement(layer)]);
    parts.push(format.table(['operator', 'layer', 'cosine', 'SQNR', 'largest difference'], rows));
  }
  const samples = `${report.samples} ${report.samples === 1 ? 'sample' : 'samples'}`;
  const top1 = top1Agreement === undefined ? '' : `, same top-1 in ${(100 * top1Agreement).toFixed(1)} %`;
  parts.push(`${samples}${top1}; ${engine.build} engine (${engine.why}), relaxed dot product: ${engine.dot}`);
  return parts.join('\n\n');
}
