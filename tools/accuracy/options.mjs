// The command line of `npm run accuracy`.
import { Command, InvalidArgumentError } from 'commander';

/** Parses, or prints help or what is wrong and ends the process. `networks` are the names that there are. */
export function parseOptions(argv, networks) {
  const list = (text) => {
    const names = text.split(',').filter(Boolean);
    const unknown = names.find((name) => !networks.includes(name));
    if (unknown) throw new InvalidArgumentError(`"${unknown}" is none of ${networks.join(', ')}.`);
    return names;
  };
  return new Command('npm run accuracy --')
    .description(
      'How accurate Octavo, ONNX Runtime and PyTorch quantize the same networks with the same calibration data. ' +
        'Writes build/accuracy/results.json and the tables of docs/accuracy.md. What was made of networks and ' +
        'peers stays in build/accuracy for the next time.',
    )
    .option('--only <names>', 'only these networks, separated by commas', list, networks)
    .option('--settings <pattern>', "only those of Octavo's settings that the regular expression matches", '')
    .option('--fresh', 'make what peers make anew, and float networks that are not trained here')
    .option('--list', 'print the names of the networks and of the settings of Octavo, and measure nothing')
    .option('--report', 'measure nothing: write docs/accuracy.md from build/accuracy/results.json')
    .option('--python <program>', 'a Python that has requirements.txt, in place of an environment of its own')
    .option('--no-build', 'trust that the package is built')
    .parse(argv, { from: 'user' })
    .opts();
}
