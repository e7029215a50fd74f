// The command line. Results go to stdout, all else to stderr; a failure is one line there and exit code 1.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import '../index.js'; // which chooses the platform
import { messageOf } from '../error.js';
import { enableRelaxedSimd } from '../node/flags.js';
import { compareCommand } from './compare.js';
import { inspectCommand } from './inspect.js';
import { operatorsCommand } from './operators.js';
import { quantizeCommand } from './quantize.js';
import { runCommand } from './run.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('octavo')
  .description('Quantizes ONNX models to int8, runs them and compares them with their float originals.')
  .version(version)
  .showSuggestionAfterError(false);
const commands = [inspectCommand(), quantizeCommand(), runCommand(), compareCommand(), operatorsCommand()];
for (const command of commands) {
  command.option('--verbose', 'show the stack of an error').showSuggestionAfterError(false);
  program.addCommand(command);
}

// Whoever reads may have read enough: head, for example.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

enableRelaxedSimd();
try {
  await program.parseAsync();
} catch (error) {
  const verbose = process.argv.includes('--verbose');
  const line = `octavo: ${messageOf(error).replace(/\s*\n\s*/g, ' ')}`;
  process.stderr.write(`${verbose && error instanceof Error ? error.stack : line}\n`);
  process.exitCode = 1;
}
