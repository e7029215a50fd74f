// What each layer takes from a network's output when it is quantized, and what it gives for that.
import { checkOptions } from '../check_options.js';
import { OctavoError } from '../error.js';
import { checkSamples, Model } from '../model.js';
import type { QuantizedPart } from '../native.js';
import type { LongCallOptions } from '../options.js';
import { collect } from '../train/batches.js';
import { Reference } from './agreement.js';
import { Calibrated } from './calibrated.js';
import {
  sensitivityOptions,
  type LayerSensitivity,
  type OutputAgreement,
  type SensitivityOptions,
  type SensitivityReport,
} from './options.js';
import { stepTimes } from './timing.js';

/** Runs that a step's time is the mean of. */
const repeats = 5;

/** Counts what is done of what there is to do, for `onProgress`. */
export function counter(onProgress: LongCallOptions['onProgress'], total: number): () => void {
  let loaded = 0;
  onProgress?.({ phase: 'compare', loaded, total });
  return () => onProgress?.({ phase: 'compare', loaded: ++loaded, total });
}

/** The part of a network that is quantized, for as long as it is used. */
async function using<T>(model: Promise<Model>, use: (model: Model) => Promise<T>): Promise<T> {
  const made = await model;
  try {
    return await use(made);
  } finally {
    made.dispose();
  }
}

/** `sensitivity` of the package. */
export async function sensitivity(model: Model, options: SensitivityOptions): Promise<SensitivityReport> {
  const checked = checkOptions('sensitivity', options, sensitivityOptions);
  const {
    calibration,
    samples,
    apart = false,
    without = false,
    onProgress,
    signal,
    ...quantization
  } = checked;
  if (!((model as unknown) instanceof Model))
    throw new OctavoError('InvalidOption', 'sensitivity takes a model');
  checkSamples('samples', samples);
  const all = await collect(samples, signal);
  const { engine } = model;
  const calibrated = await Calibrated.by(model, quantization, calibration, { onProgress, signal });
  try {
    const reference = await Reference.of(model, all, signal);
    const nodes = await calibrated.layers(signal);
    const done = counter(onProgress, 1 + nodes.length * (1 + 2 * Number(apart) + Number(without)));
    const part = (subset: QuantizedPart) => calibrated.quantize(subset, signal);
    const agreementOf = (subset: QuantizedPart): Promise<OutputAgreement> =>
      using(part(subset), async (quantized) => {
        const { agreement } = await reference.measure(quantized, signal);
        done();
        return agreement;
      });
    const floatBytes = await engine.call('fileBytes', [model.handle], signal);
    const profileOf = (network: Model) => stepTimes(network, all[0], repeats);
    const floatTimes = await profileOf(model);
    const whole = await using(part({}), async (quantized) => {
      const { agreement } = await reference.measure(quantized, signal);
      done();
      return { agreement, times: await profileOf(quantized) };
    });
    const operators = new Map((await model.layers()).map(({ name, op }) => [name, op]));
    const layers: LayerSensitivity[] = [];
    for (const node of nodes) {
      const only = [node];
      const layer = await using(part({ only }), async (quantized) => {
        const { agreement } = await reference.measure(quantized, signal);
        done();
        return { agreement, bytes: await engine.call('fileBytes', [quantized.handle], signal) };
      });
      const [before, after] = [floatTimes.get(node), whole.times.get(node)];
      layers.push({
        node,
        op: operators.get(node) ?? '',
        alone: layer.agreement,
        ...(apart && {
          weights: await agreementOf({ only, part: 'weights' }),
          activations: await agreementOf({ only, part: 'activations' }),
        }),
        ...(without && { without: await agreementOf({ nodesToExclude: only }) }),
        savedMs: before === undefined || after === undefined ? 0 : before - after,
        savedBytes: floatBytes - layer.bytes,
      });
    }
    layers.sort((a, b) => a.alone.sqnrDb - b.alone.sqnrDb);
    return { samples: all.length, quantized: whole.agreement, layers };
  } finally {
    calibrated.dispose();
  }
}
