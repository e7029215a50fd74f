// Quantization for a purpose: what `target` of the quantizers means.
import { median } from '../compare.js';
import { OctavoError } from '../error.js';
import type { Model } from '../model.js';
import type { Layer, QuantizedPart } from '../native.js';
import type { QuantizeDynamicOptions, QuantizeStaticOptions, Sample } from '../options.js';
import { quantizationTargets, type QuantizationTarget } from '../quantization_options.js';
import { Calibrated } from './calibrated.js';
import { kindOf, mayBeClipped } from './methods.js';
import { stepTimes, turns } from './timing.js';

/** Timed runs of each network, in turns. */
const repeats = 9;

function checkTarget(target: QuantizationTarget): void {
  if (!quantizationTargets.includes(target))
    throw new OctavoError('InvalidOption', `option 'target' is one of ${quantizationTargets.join(', ')}`);
}

/** The layers that take no less time on integers than in float. */
async function losers(
  float: Model,
  whole: Model,
  layers: readonly string[],
  sample: Sample,
  signal: AbortSignal | undefined,
) {
  const before = await stepTimes(float, sample, repeats, signal);
  const after = await stepTimes(whole, sample, repeats, signal);
  return layers.filter((name) => (before.get(name) ?? Infinity) <= (after.get(name) ?? 0));
}

/** How many times as fast as float. */
async function speedup(float: Model, quantized: Model, sample: Sample, signal: AbortSignal | undefined) {
  const { floatMs, quantizedMs } = await turns(float, quantized, sample, repeats, signal);
  return median(floatMs) / median(quantizedMs);
}

/**
 * The fastest of: all that can be in integers, that without the layers that do not pay on this device, and the float network. `quantize`
 * makes a copy without some nodes; `layers` are all that it quantizes.
 */
async function fastest(
  float: Model,
  sample: Sample,
  layers: readonly string[],
  quantize: (part: Pick<QuantizedPart, 'nodesToExclude'>) => Promise<Model>,
  signal: AbortSignal | undefined,
): Promise<Model> {
  let best = await quantize({});
  try {
    let ratio = await speedup(float, best, sample, signal);
    const slow = await losers(float, best, layers, sample, signal);
    if (slow.length > 0) {
      const part = await quantize({ nodesToExclude: slow });
      let without = 0;
      try {
        without = await speedup(float, part, sample, signal);
      } finally {
        (without > ratio ? best : part).dispose();
      }
      if (without > ratio) [best, ratio] = [part, without];
    }
    if (ratio >= 1) return best;
    const none = await quantize({ nodesToExclude: layers });
    best.dispose();
    return none;
  } catch (error) {
    best.dispose();
    throw error;
  }
}

/** `quantizeStatic` with a target. */
export async function quantizeStaticFor(
  model: Model,
  target: QuantizationTarget,
  options: QuantizeStaticOptions,
): Promise<Model> {
  checkTarget(target);
  if (target === 'accuracy') {
    const observer = mayBeClipped(kindOf(model.describe().operators)) ? 'mse' : 'minmax';
    return model.quantizeStatic({ observer, ...options });
  }
  if (target === 'size') return model.quantizeStatic(options);
  const { calibration, onProgress, signal, ...quantization } = options;
  const calibrated = await Calibrated.by(model, quantization, calibration, { onProgress, signal });
  try {
    const layers = await calibrated.layers(signal);
    const quantize = (part: QuantizedPart) => calibrated.quantize(part, signal);
    return await fastest(model, calibrated.first, layers, quantize, signal);
  } finally {
    calibrated.dispose();
  }
}

/** What dynamic quantization does where it is asked to. */
const onRequest: readonly string[] = ['Conv', 'Gather'];

/** All operators of a network that dynamic quantization has integers for. */
export const operatorsForSize = (layers: readonly Layer[]): string[] => {
  const isKnown = ({ op, parameters, quantizes }: Layer) =>
    parameters > 0 && (quantizes.startsWith('dynamic') || onRequest.includes(op));
  return [...new Set(layers.filter(isKnown).map(({ op }) => op))];
};

/** `quantizeDynamic` with a target. */
export async function quantizeDynamicFor(
  model: Model,
  target: QuantizationTarget,
  { sample, ...options }: QuantizeDynamicOptions,
): Promise<Model> {
  checkTarget(target);
  if (target !== 'speed' && sample !== undefined)
    throw new OctavoError('InvalidOption', "option 'sample' is for 'target': 'speed'");
  if (target === 'accuracy') return model.quantizeDynamic({ granularity: 'row', ...options });
  const layers = await model.layers();
  if (target === 'size')
    return model.quantizeDynamic({ opTypesToQuantize: operatorsForSize(layers), ...options });
  if (sample === undefined)
    throw new OctavoError('InvalidOption', "option 'target': 'speed' needs a 'sample' to measure with");
  const { signal, nodesToExclude = [] } = options;
  const names = layers
    .filter(({ name, parameters }) => parameters > 0 && name && !nodesToExclude.includes(name))
    .map(({ name }) => name);
  return fastest(
    model,
    sample,
    names,
    (part) =>
      model.quantizeDynamic({
        ...options,
        nodesToExclude: [...nodesToExclude, ...(part.nodesToExclude ?? [])],
      }),
    signal,
  );
}
