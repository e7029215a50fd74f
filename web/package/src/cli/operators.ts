// octavo operators
import { Command } from 'commander';
import { supportedOperators } from '../operators.js';
import * as format from './format.js';
import { addCommonOptions, examples, withEngine, type CommonOptions } from './options.js';

export function operatorsCommand(): Command {
  const command = new Command('operators')
    .description('List the operators that a model may have.')
    .action((options: CommonOptions) =>
      withEngine(options, async (engine) => {
        const operators = await supportedOperators({ engine });
        format.print(options.json, operators, () =>
          operators
            .map(({ domain, type, since }) => `${domain ? `${domain}.` : ''}${type} (opset ${since})`)
            .join('\n'),
        );
      }),
    );
  return addCommonOptions(command).addHelpText('after', examples('operators', 'operators --json'));
}
