// What Octavo means to reach. A target is {line, what, name, sense, limit, unit, value(results, statistic)}, where `what` is
// the property and `name` the case; `value` is undefined where nothing was measured. Without `limit` it is told, and nothing asked.
import { quantizeTargets, startupTargets } from './device.mjs';
import { kernelTargets } from './kernels.mjs';
import { networkTargets, threadTargets } from './networks.mjs';
import { operatorTargets } from './operators.mjs';
import { trainingTargets } from './training.mjs';

/**
 * The targets of a machine: engines that use AVX-VNNI have targets of their own, 8-bit activations being as fast as 7-bit
 * ones there.
 */
export function targetsOf(machine) {
  const vnni = Boolean(machine.avxVnni);
  const chromium = { engine: 'chromium', vnni, int8: vnni ? ['u8'] : ['u8', 'u7'] };
  const without = { vnni: false, int8: ['u8', 'u7'] };
  const alike = vnni ? ['chromium-no-vnni', 'firefox'] : ['firefox'];
  return [
    ...kernelTargets(chromium),
    ...(vnni ? kernelTargets({ engine: 'chromium-no-vnni', ...without }) : []),
    ...operatorTargets(chromium),
    ...networkTargets(chromium),
    ...alike.flatMap((engine) => networkTargets({ engine, ...without })),
    ...networkTargets({ engine: 'webkit', ...without, relaxed: false }),
    ...threadTargets(chromium),
    ...startupTargets(chromium),
    ...quantizeTargets(chromium),
    ...['chromium', 'node'].flatMap((engine) => trainingTargets({ engine })),
  ];
}
