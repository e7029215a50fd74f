// octavo train MODEL
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Engine } from '../engine.js';
import { OctavoError } from '../error.js';
import { readBytes, writeBytes } from '../node/files.js';
import type { Model } from '../model.js';
import type { Sample } from '../options.js';
import { rememberPreprocessing } from '../preprocess/find.js';
import { quantizationOptions } from '../quantization_options.js';
import { openSource } from '../source.js';
import {
  defined,
  type Evaluation,
  type FitOptions,
  type LabelledSamples,
  type TrainingStep,
} from '../train/options.js';
import type { Trainer } from '../train/trainer.js';
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
import { checkOutput, defaultOutput, standardOutput, writeOutput } from './output_file.js';
import { addPictureOptions, presetsHelp, type PictureOptions } from './pictures.js';
import { timeLeft, withProgressBar } from './progress.js';

interface Options extends CommonOptions, PictureOptions {
  data: string[];
  labels?: string;
  validation?: string[];
  validationLabels?: string;
  float?: boolean;
  weightsBits?: number;
  activationsBits?: number;
  activations?: 'float';
  blockSize?: string;
  scales?: 'observed' | 'learned';
  from?: string;
  loss?: string;
  lossLayers?: string[];
  optimizer?: string;
  learningRate?: number;
  momentum?: number;
  weightDecay?: number;
  schedule?: string;
  warmup?: number;
  clipNorm?: number;
  freezeObservers?: number;
  batchNormalization?: 'frozen' | 'trained';
  freezeBatchNormalization?: number;
  epochs: number;
  batchSize: number;
  seed: number;
  save?: string;
  resume?: string;
  output?: string;
  force?: boolean;
}

/** Samples from which ranges begin. */
const calibrationSamples = 128;

function bits(value: string): number {
  const number = wholeNumber(value);
  if (number < 2 || number > 8) throw new InvalidArgumentError('It is a whole number from 2 to 8.');
  return number;
}

export function trainCommand(): Command {
  const command = new Command('train')
    .description('Train a quantized copy of a float model, so that few bits lose little.')
    .argument('<model>', 'ONNX file or URL')
    .requiredOption('--data <path...>', 'files or folders of samples')
    .option(
      '--labels <file>',
      'the class of each sample: .npy, a JSON list, or a line each (default: the float model is the teacher)',
    )
    .option('--validation <path...>', 'samples that are evaluated after each epoch')
    .option('--validation-labels <file>', 'their classes')
    .option('-o, --output <file>', 'where to write it, - for standard output (default: MODEL.int8.onnx)')
    .option('--force', 'replace the file if there is one')
    .option('--save <file>', 'keep the training there, after each epoch and when it is interrupted')
    .option('--resume <file>', 'go on with a training that was kept')
    .optionsGroup('What is trained:')
    .option('--weights-bits <number>', 'bits of a weight, 2 to 8 (default: 8)', bits)
    .option('--activations-bits <number>', 'bits of an activation, 2 to 8 (default: 8)', bits)
    .addOption(new Option('--activations <type>', 'in float: weights alone are rounded').choices(['float']))
    .addOption(
      new Option(
        '--block-size <number>',
        'with activations in float: how many weights share a scale (default: channel)',
      ).choices(quantizationOptions.blockSize.choices.map(String)),
    )
    .addOption(
      new Option('--scales <source>', 'where scales come from (default: observed)').choices([
        'observed',
        'learned',
      ]),
    )
    .option('--from <file>', 'go on from this quantized copy of the model (default: from the model itself)')
    .addOption(
      new Option(
        '--batch-normalization <mode>',
        'trained: by the statistics of each batch, and folded only then (default: frozen)',
      ).choices(['frozen', 'trained']),
    )
    .option('--float', 'train in float: fine-tuning')
    .optionsGroup('How it is trained:')
    .addOption(
      new Option(
        '--loss <name>',
        'what is to become small (default: crossEntropy with --labels, else distillation)',
      ).choices(['distillation', 'crossEntropy', 'binaryCrossEntropy', 'meanSquaredError', 'huber']),
    )
    .option(
      '--loss-layers <name...>',
      'tensors within the network that are to stay as the float network has them',
    )
    .addOption(
      new Option('--optimizer <name>', 'as of torch.optim (default: adamw)').choices([
        'sgd',
        'adam',
        'adamw',
      ]),
    )
    .option('--learning-rate <number>', 'of the optimizer (default: 0.001)', finiteNumber)
    .option('--momentum <number>', 'of sgd (default: 0)', finiteNumber)
    .option('--weight-decay <number>', 'of the optimizer (default: 0)', finiteNumber)
    .addOption(
      new Option('--schedule <name>', 'of the learning rate (default: cosine)').choices([
        'constant',
        'cosine',
        'step',
      ]),
    )
    .option('--warmup <steps>', 'in which the learning rate grows (default: 0)', wholeNumber)
    .option('--clip-norm <number>', 'the most that all gradients may measure (default: any)', finiteNumber)
    .option(
      '--freeze-observers <share>',
      'of the steps, from which on ranges stay (default: 0.6)',
      finiteNumber,
    )
    .option(
      '--freeze-batch-normalization <share>',
      'of the steps, from which on its statistics stay (default: 1)',
      finiteNumber,
    )
    .option('--epochs <number>', 'how often each sample is seen', wholeNumber, 1)
    .option('--batch-size <number>', 'samples of a step', wholeNumber, 32)
    .option('--seed <number>', 'of the order of samples', wholeNumber, 1)
    .action((path: string, options: Options) =>
      withEngine(options, (engine) => train(engine, path, options)),
    );
  return addCommonOptions(addPictureOptions(command)).addHelpText(
    'after',
    presetsHelp +
      '\n--json prints a line for each step, and one in the end.\n' +
      examples(
        'train model.onnx --data photos --preprocessing imagenet --weights-bits 4',
        'train digits.onnx --data images.npy --labels classes.npy --weights-bits 2 --epochs 3',
        'train model.onnx --data photos --epochs 20 --save training.onnx',
        'train model.onnx --data photos --epochs 20 --resume training.onnx',
      ),
  );
}

function checkCombination(options: Options): void {
  const refuse = (what: string) => new OctavoError('InvalidOption', what);
  if (options.validationLabels && !options.validation)
    throw refuse('--validation-labels are of --validation PATH…');
  const { weightsBits, activationsBits, activations, blockSize, scales, from } = options;
  const { batchNormalization } = options;
  const isRounding =
    (weightsBits ?? activationsBits ?? activations ?? blockSize ?? scales ?? from) !== undefined;
  const flags = '--weights-bits, --activations-bits, --activations, --block-size, --scales, --from';
  if (options.resume && (isRounding || batchNormalization !== undefined))
    throw refuse(`--resume goes on as the training was begun: without ${flags}, --batch-normalization`);
  if (options.float && isRounding) throw refuse(`--float rounds nothing: without ${flags}`);
  if (activations && activationsBits !== undefined)
    throw refuse('--activations float have no bits: without --activations-bits');
  if (from !== undefined && (activations ?? (batchNormalization === 'trained' || undefined)) !== undefined)
    throw refuse(
      '--from goes on from integers of a folded network: without --activations, --batch-normalization',
    );
}

const blockSizeOf = (word: string | undefined) =>
  quantizationOptions.blockSize.choices.find((choice) => String(choice) === word);

/** The model's file, as it is before loading folds anything in it. */
async function readModel(path: string): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of (await openSource(path)).chunks) parts.push(chunk.slice());
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function prepare(
  engine: Engine,
  model: Model,
  path: string,
  samples: readonly Sample[],
  options: Options,
): Promise<Trainer> {
  const { resume, float, weightsBits, activationsBits, activations, blockSize, scales } = options;
  const { batchNormalization } = options;
  if (resume !== undefined) {
    const bytes = await readBytes(resume);
    const file = await readModel(path);
    const resumed = float ? model.resumeTraining(bytes, { file }) : model.resumeQat(bytes, { file });
    return resumed.catch((error: unknown) => {
      throw error instanceof OctavoError ? error.inFile(resume) : error;
    });
  }
  const file = batchNormalization === 'trained' ? await readModel(path) : undefined;
  const ofNormalization = defined({ batchNormalization, file });
  if (float) return model.prepareTraining(ofNormalization);
  using from = options.from === undefined ? undefined : await load(engine, options.from, options);
  return await withProgressBar(options, (onProgress) =>
    model.prepareQat({
      weights: defined({ bits: weightsBits, blockSize: blockSizeOf(blockSize) }),
      ...(activations
        ? { activations }
        : {
            activations: defined({ bits: activationsBits }),
            ...(from ? { from } : { calibration: samples.slice(0, calibrationSamples) }),
          }),
      ...(scales && { scales }),
      ...ofNormalization,
      onProgress,
    }),
  );
}

function fitOptions(
  options: Options,
  data: LabelledSamples,
  validation: LabelledSamples | undefined,
): FitOptions {
  const {
    epochs,
    batchSize,
    seed,
    loss,
    lossLayers,
    clipNorm,
    freezeBatchNormalization,
    freezeObservers = 0.6,
    warmup,
    schedule,
  } = options;
  const { optimizer = 'adamw', learningRate, momentum, weightDecay } = options;
  const { samples, labels } = data;
  return defined({
    samples,
    labels,
    validation: validation && defined({ samples: validation.samples, labels: validation.labels }),
    epochs,
    batchSize,
    seed,
    loss: lossLayers
      ? { name: loss ?? (labels ? 'crossEntropy' : 'distillation'), layers: lossLayers }
      : loss,
    clipNorm,
    freezeObservers,
    freezeBatchNormalization,
    optimizer: defined({ name: optimizer, learningRate, momentum, weightDecay }),
    schedule: defined({ name: schedule ?? 'cosine', warmup }),
  }) as FitOptions;
}

async function train(engine: Engine, path: string, options: Options): Promise<void> {
  checkCombination(options);
  const output = options.output ?? defaultOutput(path, {});
  await checkOutput(path, output, options.force ?? false);
  using model = await load(engine, path, options);
  const data = await readLabelled(model, options.data, options.labels, options);
  const validation =
    options.validation && (await readLabelled(model, options.validation, options.validationLabels, options));
  using trainer = await prepare(engine, model, path, data.samples, options);
  const last = await follow(trainer, fitOptions(options, data, validation), options);
  using trained = await trainer.convert();
  if (data.choice.preprocessing) await rememberPreprocessing(trained, data.choice.preprocessing);
  const onnx = await trained.toOnnx();
  await writeOutput(output, onnx);
  const report = {
    file: output,
    bytes: onnx.byteLength,
    ...(last && { steps: last.steps, loss: last.loss }),
    ...(last?.validation && { validation: last.validation }),
  };
  if (options.quiet) return;
  const stream = output === standardOutput ? process.stderr : process.stdout;
  if (options.json) stream.write(`${JSON.stringify(report)}\n`);
  else stream.write(`${output}: ${format.bytes(report.bytes)}${last ? `, ${inWords(last)}` : ''}\n`);
}

/** Trains, and says how it goes. Keeps the training after each epoch, and when it is interrupted. */
async function follow(
  trainer: Trainer,
  options: FitOptions,
  shown: Options,
): Promise<TrainingStep | undefined> {
  const { json, quiet, save, output } = shown;
  const isLive = !json && !quiet && process.stderr.isTTY;
  const keep = async () => save !== undefined && (await writeBytes(save, await trainer.save()));
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt);
  const begin = performance.now();
  let first: number | undefined;
  let last: TrainingStep | undefined;
  let validated = '';
  try {
    for await (const step of trainer.fit(options)) {
      first ??= step.step - 1;
      last = step;
      if (step.validation) validated = `, ${validationInWords(step.validation)}`;
      if (json && output !== standardOutput) process.stdout.write(`${JSON.stringify(step)}\n`);
      const loss = `step ${step.step}/${step.steps} loss ${step.loss.toPrecision(4)}`;
      const progress = { loaded: step.step - first, total: step.steps - first };
      const left = timeLeft(progress, (performance.now() - begin) / 1e3);
      const endsEpoch = step.step % (step.steps / (options.epochs ?? 1)) === 0;
      if (isLive) process.stderr.write(`\r\x1b[K${loss}${validated}${left && `, ${left}`}`);
      else if (!json && !quiet && endsEpoch) process.stderr.write(`${loss}${validated}\n`);
      const { aborted } = interrupted.signal;
      if (endsEpoch || aborted) await keep();
      if (aborted) throw new OctavoError('InvalidData', interruption(step, save));
    }
  } finally {
    process.removeListener('SIGINT', interrupt);
    if (isLive) process.stderr.write('\r\x1b[K');
  }
  return last;
}

function interruption({ step, steps }: TrainingStep, save: string | undefined): string {
  const remedy = save === undefined ? '' : `; with --resume ${save} it goes on`;
  return `the training was interrupted after step ${step} of ${steps}${remedy}`;
}

function validationInWords({ accuracy, top1Agreement, sqnrDb }: Evaluation): string {
  return accuracy === undefined
    ? `validation ${format.percent(top1Agreement)} as float, ${sqnrDb.toFixed(1)} dB`
    : `validation ${format.percent(accuracy)} right`;
}

function inWords({ loss, validation }: TrainingStep): string {
  return [`loss ${loss.toPrecision(4)}`, ...(validation ? [validationInWords(validation)] : [])].join(', ');
}
