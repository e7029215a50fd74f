// octavo evaluate MODEL --data PATH --labels FILE
import { Command } from 'commander';
import { evaluate } from '../advise/score.js';
import * as format from './format.js';
import { readLabelled } from './labelled.js';
import { addCommonOptions, examples, load, wholeNumber, withEngine, type CommonOptions } from './options.js';
import { addPictureOptions, presetsHelp, type PictureOptions } from './pictures.js';
import { withProgressBar } from './progress.js';

interface Options extends CommonOptions, PictureOptions {
  data: string[];
  labels: string;
  topK?: number;
  retrieval?: boolean;
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('How often a model is right, float or quantized, and within what bounds that is known.')
    .argument('<model>', 'ONNX file or URL')
    .requiredOption('--data <path...>', 'files or folders of samples')
    .requiredOption('--labels <file>', 'the class of each sample: .npy, a JSON list, or a line each')
    .option('--top-k <number>', 'right is what is among so many (default: 1)', wholeNumber)
    .option('--retrieval', 'the output is a vector, and right where the nearest other one has the same class')
    .action((path: string, options: Options) =>
      withEngine(options, async (engine) => {
        using model = await load(engine, path, options);
        const {
          samples,
          labels = [],
          choice,
        } = await readLabelled(model, options.data, options.labels, options);
        const { topK } = options;
        const report = await withProgressBar(options, (onProgress) =>
          evaluate(model, samples, {
            labels,
            onProgress,
            ...(topK === undefined ? {} : { topK }),
            ...(options.retrieval ? { task: 'retrieval' as const } : {}),
          }),
        );
        const { preprocessing } = choice;
        format.print(options.json, { ...report, ...(preprocessing && { preprocessing }) }, () => {
          const [low, high] = report.interval;
          const said = choice.said && !options.quiet ? `pictures: ${choice.said}\n` : '';
          return `${said}${format.percent(report.score)} of ${report.samples} samples (95 %: ${format.percent(low)} to ${format.percent(high)})`;
        });
      }),
    );
  return addCommonOptions(addPictureOptions(command)).addHelpText(
    'after',
    presetsHelp +
      '\n' +
      examples(
        'evaluate digits.onnx --data images.npy --labels classes.npy',
        'evaluate model.int8.onnx --data photos --labels classes.txt --preprocessing imagenet --top-k 5',
      ),
  );
}
