// The command line. Results go to stdout, all else to stderr. A failure is one line there and exit code 1; 2 where the command or
// its options are at fault.
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import '../index.js'; // which chooses the platform
import { OctavoError, messageOf } from '../error.js';
import { enableRelaxedSimd } from '../node/flags.js';
import { adviseCommand } from './advise.js';
import { compareCommand } from './compare.js';
import { evaluateCommand } from './evaluate.js';
import { inspectCommand } from './inspect.js';
import { operatorsCommand } from './operators.js';
import { examples } from './options.js';
import { quantizeCommand } from './quantize.js';
import { runCommand } from './run.js';
import { trainCommand } from './train.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('octavo')
  .description(
    'Quantizes ONNX models to int8, trains them so, runs them and compares them with their float originals.',
  )
  .version(version)
  .addHelpText(
    'after',
    examples(
      'inspect model.onnx',
      'quantize model.onnx --calibration photos --preprocessing imagenet',
      'run model.int8.onnx cat.jpg --labels imagenet',
      'compare model.onnx model.int8.onnx --data photos',
      'advise model.onnx --calibration photos --data other-photos',
    ) + '\noctavo COMMAND --help tells more, with examples.',
  );
const commands = [
  inspectCommand(),
  quantizeCommand(),
  trainCommand(),
  runCommand(),
  compareCommand(),
  evaluateCommand(),
  adviseCommand(),
  operatorsCommand(),
];
for (const command of commands) program.addCommand(command);
// Errors come to the one place below.
for (const command of [program, ...commands])
  command.exitOverride().configureOutput({ outputError: () => {} });

// Whoever reads may have read enough: head, for example.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

/** One line for people. */
function lineOf(error: unknown): string {
  let message = error instanceof CommanderError ? error.message.replace(/^error: /, '') : messageOf(error);
  if (error instanceof CommanderError && error.code === 'commander.unknownCommand')
    message += `; commands are ${commands.map((command) => command.name()).join(', ')}`;
  return `octavo: ${message.replace(/\s*\n\s*/g, ' ')}`;
}

function codeOf(error: unknown): number {
  const isUsage =
    error instanceof CommanderError || (error instanceof OctavoError && error.code === 'InvalidOption');
  return isUsage ? 2 : 1;
}

enableRelaxedSimd();
try {
  await program.parseAsync();
} catch (error) {
  // Help and the version are printed already; without a command, help is.
  if (error instanceof CommanderError && error.code.startsWith('commander.help')) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (!(error instanceof CommanderError && error.exitCode === 0)) {
    const verbose = process.argv.includes('--verbose');
    process.stderr.write(`${verbose && error instanceof Error ? error.stack : lineOf(error)}\n`);
    process.exitCode = codeOf(error);
  }
}
