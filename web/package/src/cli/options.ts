// Options that every command has, and the engine that it runs in.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { createEngine, type Engine } from '../engine.js';
import { loadModel, type Model } from '../model.js';
import type { Build } from '../options.js';
import { withProgressBar } from './progress.js';

export interface CommonOptions {
  json?: boolean;
  quiet?: boolean;
  engine: Build | 'auto';
  threads: number | 'auto';
}

export function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('It is a whole number from 1 up.');
  return number;
}

export function finiteNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('It is a number.');
  return number;
}

function threadCount(value: string): number | 'auto' {
  if (value === 'auto') return value;
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('It is a whole number from 1 up, or auto.');
}

export function addCommonOptions(command: Command): Command {
  return command
    .optionsGroup('Options of every command:')
    .option('--json', 'print one JSON document')
    .option('--quiet', 'no progress bars, no notes: only what was asked for, and errors')
    .option('--verbose', 'show the stack of an error')
    .addOption(
      new Option('--engine <build>', 'engine build').choices(['auto', 'simd', 'relaxed']).default('auto'),
    )
    .option(
      '--threads <number>',
      'threads that compute: a number, or auto (the cores, at most 4)',
      threadCount,
      'auto',
    );
}

/** Runs a command's work in an engine of its own. */
export async function withEngine<T>(
  options: CommonOptions,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await createEngine({ build: options.engine, threads: options.threads });
  try {
    return await work(engine);
  } finally {
    engine.dispose();
  }
}

/** Loads a model with a progress bar. */
export function load(engine: Engine, path: string, options: CommonOptions): Promise<Model> {
  return withProgressBar(options, (onProgress) => loadModel(path, { engine, onProgress }));
}

/** What ends a command's help. */
export const examples = (...lines: string[]) =>
  `\nExamples:\n${lines.map((line) => `  $ octavo ${line}\n`).join('')}`;
