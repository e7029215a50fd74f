// octavo operators [MODEL…]
import { Command } from 'commander';
import type { Engine } from '../engine.js';
import { OctavoError } from '../error.js';
import { supportedOperators } from '../operators.js';
import * as format from './format.js';
import { addCommonOptions, examples, load, withEngine, type CommonOptions } from './options.js';

interface Options extends CommonOptions {
  cmake?: boolean;
}

export function operatorsCommand(): Command {
  const command = new Command('operators')
    .description('List the operators that a model may have, or those that models need of an engine.')
    .argument('[models...]', 'ONNX files or URLs')
    .option('--cmake', 'print the list as the option of CMake that builds an engine with no others')
    .action((paths: string[], options: Options) => {
      if (options.cmake && paths.length === 0)
        throw new OctavoError(
          'InvalidOption',
          '--cmake lists what models need: octavo operators MODEL… --cmake',
        );
      return withEngine(options, (engine) =>
        paths.length === 0 ? printSupported(engine, options) : printNeeded(engine, paths, options),
      );
    });
  return addCommonOptions(command).addHelpText(
    'after',
    examples(
      'operators',
      'operators --json',
      'operators model.onnx',
      'operators model.onnx other.onnx --cmake',
    ),
  );
}

async function printSupported(engine: Engine, { json }: Options): Promise<void> {
  const operators = await supportedOperators({ engine });
  format.print(json, operators, () =>
    operators
      .map(({ domain, type, since }) => `${domain ? `${domain}.` : ''}${type} (opset ${since})`)
      .join('\n'),
  );
}

/** As they are once a model is read and lowered, float, and quantized dynamically and statically. */
async function printNeeded(engine: Engine, paths: readonly string[], options: Options): Promise<void> {
  const needed = new Set<string>();
  for (const path of paths) {
    using model = await load(engine, path, options);
    for (const name of await engine.call('neededOperators', [model.handle])) needed.add(name);
  }
  const names = [...needed].sort();
  format.print(options.json, names, () =>
    options.cmake ? `-DOCTAVO_OPERATORS=${names.join(';')}` : names.join('\n'),
  );
}
