// octavo advise MODEL --data PATH
import { Command, Option } from 'commander';
import { advise } from '../advise/advise.js';
import type { AdviceReport, AdviseOptions, MeasuredMethod } from '../advise/options.js';
import type { Engine } from '../engine.js';
import { OctavoError } from '../error.js';
import type { Model } from '../model.js';
import { rememberPreprocessing } from '../preprocess/find.js';
import { defined } from '../train/options.js';
import * as format from './format.js';
import { readLabelled } from './labelled.js';
import {
  addCommonOptions,
  examples,
  finiteNumber,
  load,
  wholeNumber,
  withEngine,
  type CommonOptions,
} from './options.js';
import { checkOutput, standardOutput, writeOutput } from './output_file.js';
import { addPictureOptions, presetsHelp, type PictureOptions } from './pictures.js';
import { withProgressBar } from './progress.js';

interface Options extends CommonOptions, PictureOptions {
  data: string[];
  calibration?: string[];
  labels?: string;
  maxDrop?: number;
  metric?: AdviseOptions['metric'];
  maxBytes?: number;
  maxMs?: number;
  target?: AdviseOptions['target'];
  repeats: number;
  output?: string;
  force?: boolean;
}

export function adviseCommand(): Command {
  const command = new Command('advise')
    .description('Measure every method that makes sense for a float model, here, and say which one to take.')
    .argument('<model>', 'ONNX file or URL')
    .requiredOption('--data <path...>', 'files or folders of samples to measure with')
    .option('--calibration <path...>', 'other samples, from which static quantization learns ranges')
    .option('--labels <file>', 'the class of each sample of --data: .npy, a JSON list, or a line each')
    .option('-o, --output <file>', 'write the model that is recommended there, - for standard output')
    .option('--force', 'replace the file if there is one')
    .optionsGroup('What is enough:')
    .option('--max-drop <share>', 'that answers may be lost of (default: 0.01)', finiteNumber)
    .addOption(
      new Option(
        '--metric <name>',
        'without --labels: what is to stay as it is (default: top1Agreement)',
      ).choices(['top1Agreement', 'cosine']),
    )
    .option('--max-bytes <number>', 'no larger file', finiteNumber)
    .option('--max-ms <number>', 'no slower run', finiteNumber)
    .addOption(
      new Option('--target <what>', 'what counts most (default: balance)').choices([
        'balance',
        'speed',
        'size',
        'accuracy',
      ]),
    )
    .option('--repeats <count>', 'timed runs of each method for each sample', wholeNumber, 3)
    .action((path: string, options: Options) =>
      withEngine(options, async (engine) => {
        await adviseOn(engine, path, options);
      }),
    );
  return addCommonOptions(addPictureOptions(command)).addHelpText(
    'after',
    presetsHelp +
      '\n' +
      examples(
        'advise model.onnx --calibration photos --data other-photos --preprocessing imagenet',
        'advise digits.onnx --calibration some.npy --data images.npy --labels classes.npy -o digits.int8.onnx',
      ),
  );
}

async function adviseOn(engine: Engine, path: string, options: Options): Promise<void> {
  const { output, force = false } = options;
  if (output !== undefined) await checkOutput(path, output, force);
  if (output === standardOutput && options.json)
    throw new OctavoError('InvalidOption', '--json and -o - both write to standard output');
  using model = await load(engine, path, options);
  const { samples, labels, choice } = await readLabelled(model, options.data, options.labels, options);
  const calibration =
    options.calibration && (await readLabelled(model, options.calibration, undefined, options)).samples;
  const { maxDrop, metric, maxBytes, maxMs, target, repeats } = options;
  const report = await withProgressBar(options, (onProgress) =>
    advise(model, {
      samples,
      repeats,
      onProgress,
      ...defined({ calibration, labels, maxDrop, metric, maxBytes, maxMs, target }),
    }),
  );
  const { preprocessing } = choice;
  const document = { ...report, ...(preprocessing && { preprocessing }), engine: engine.info };
  const stream = output === standardOutput ? process.stderr : process.stdout;
  format.print(
    options.json,
    document,
    () =>
      [...(choice.said && !options.quiet ? [`pictures: ${choice.said}`, ''] : []), describe(report)].join(
        '\n',
      ),
    stream,
  );
  if (output !== undefined) await write(report, model, output, options, preprocessing);
}

async function write(
  report: AdviceReport,
  model: Model,
  output: string,
  options: Options,
  preprocessing: Awaited<ReturnType<typeof readLabelled>>['choice']['preprocessing'],
): Promise<void> {
  const made = await withProgressBar(options, (onProgress) =>
    report.apply(report.recommended, { onProgress }),
  );
  try {
    if (preprocessing) await rememberPreprocessing(made, preprocessing);
    await writeOutput(output, await made.toOnnx());
  } finally {
    if (made !== model) made.dispose();
  }
}

/** A table, the methods in the order in which they were measured, and the advice. */
function describe({ samples, network, methods, recommended, reason, skipped }: AdviceReport): string {
  const hasScore = methods[0].score !== undefined;
  const row = (method: MeasuredMethod, i: number) => [
    `${i === recommended ? '*' : ' '} ${method.name}`,
    format.bytes(method.bytes),
    method.heapBytes === undefined ? '' : format.bytes(method.heapBytes),
    format.milliseconds(method.ms),
    format.milliseconds(method.msBest),
    `${method.speedup.toFixed(2)} x`,
    format.decibels(method.agreement.sqnrDb),
    method.agreement.top1Agreement === undefined ? '' : format.percent(method.agreement.top1Agreement),
    ...(method.score ? [format.percent(method.score.score)] : []),
    method.onFront ? 'yes' : '',
    method.fits ? 'yes' : '',
  ];
  const head = [
    '  method',
    'file',
    'memory',
    'median',
    'best',
    'speed',
    'SQNR',
    'same top-1',
    ...(hasScore ? ['score'] : []),
  ];
  const lines = [format.table([...head, 'front', 'fits'], methods.map(row)), ''];
  for (const { name, why } of skipped) lines.push(`not measured: ${name}: ${why}`);
  lines.push(`${samples} samples; ${network} network`, reason);
  return lines.join('\n');
}
