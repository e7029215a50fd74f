// The command line of `npm run bench`.
import { Command, InvalidArgumentError, Option } from 'commander';
import { engineNames } from './engines/index.mjs';

export const kinds = ['kernels', 'operators', 'networks', 'startup', 'quantize', 'training'];

const list = (allowed) => (text) => {
  const names = text.split(',').filter(Boolean);
  const unknown = names.find((name) => !allowed.includes(name));
  if (unknown) throw new InvalidArgumentError(`"${unknown}" is none of ${allowed.join(', ')}.`);
  return names;
};

function positive(text) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('It is a whole number from 1 up.');
  return number;
}

function pattern(text) {
  try {
    new RegExp(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(error.message);
  }
}

/** Parses, or prints help or what is wrong and ends the process. */
export function parseOptions(argv) {
  return new Command('npm run bench --')
    .description('Measures Octavo beside its peers. Wants a quiet machine: close what else runs.')
    .addOption(
      new Option('--engines <list>', `where, of ${engineNames.join(', ')}`)
        .argParser(list(engineNames))
        .default(['node', 'chromium', 'chromium-no-vnni'], 'node,chromium,chromium-no-vnni'),
    )
    .addOption(
      new Option('--kinds <list>', `what, of ${kinds.join(', ')}`)
        .argParser(list(kinds))
        .default(kinds, 'all'),
    )
    .addOption(
      new Option('--builds <list>', "Octavo's builds, the slower first")
        .argParser(list(['simd', 'relaxed']))
        .default(['simd', 'relaxed'], 'all'),
    )
    .addOption(
      new Option('--threads <list>', 'numbers of threads for whole networks and training')
        .argParser(list(['1', '2']))
        .default(['1', '2'], '1,2'),
    )
    .option(
      '--cases <folders...>',
      "networks: those of folders as ONNX's test data are (model.onnx, test_data_set_0/input_0.pb …)",
    )
    .option(
      '--python <program>',
      'training: an interpreter that has PyTorch, say venv/bin/python, to measure it, too',
    )
    .option('--only <pattern>', 'only cases whose name the regular expression matches', pattern)
    .option('--rounds <n>', 'samples of each contestant; slow ones get fewer', positive, 40)
    .option('--budget <ms>', 'time for the samples of one contestant', positive, 800)
    .option('--json <file>', 'write the results as JSON, and a picture beside it')
    .option('--report <file>', 'measure nothing: write docs/benchmarks.md and its pictures from such a file')
    .option('--no-build', 'trust that everything is built')
    .parse(argv, { from: 'user' })
    .opts();
}
