// Which operators a file may have.
import { checkOptions, type KnownOptions } from './check_options.js';
import { defaultEngine, type Engine } from './engine.js';
import type { SupportedOperator } from './native.js';

const operatorsOptions: KnownOptions<{ engine?: Engine }> = { engine: 'any' };

/**
 * The operators that `loadModel` takes, by domain and type, each with the opset that introduced it.
 * @throws OctavoError `EngineStart`, `InvalidOption`, `Disposed`
 */
export async function supportedOperators(options?: { engine?: Engine }): Promise<SupportedOperator[]> {
  const { engine } = checkOptions('supportedOperators', options, operatorsOptions);
  const operators = await (engine ?? (await defaultEngine())).call('supportedOperators', []);
  const name = ({ domain, type }: SupportedOperator) => `${domain}.${type}`;
  return operators.sort((a, b) => (name(a) < name(b) ? -1 : 1));
}
