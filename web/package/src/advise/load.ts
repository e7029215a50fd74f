// What measures is downloaded by those who ask for it.
import type { Model } from '../model.js';
import type { CompareOptions, CompareReport, Samples } from '../options.js';
import type {
  AdviceReport,
  AdviseOptions,
  ScoreOptions,
  ScoreReport,
  SensitivityOptions,
  SensitivityReport,
} from './options.js';

export const measures = () => import('./measures.js');

/**
 * Runs both models on each sample, taking turns, and reports sizes, times and agreement.
 *
 * Times are those of the engine alone, pooled over all samples and repeats. One untimed turn comes first: the first run
 * of a shape also plans memory and packs weights.
 * @throws OctavoError `InvalidOption`, `InvalidData` without samples, `InvalidInput`, `Disposed`; the signal's reason
 */
export const compare = async (
  float: Model,
  quantized: Model,
  samples: Samples,
  options?: CompareOptions,
): Promise<CompareReport> => (await measures()).compare(float, quantized, samples, options);

/**
 * Measures every method that makes sense for a float network, on this device with these samples, and says which one to take: the best
 * of those that lose no more than `maxDrop` and are not slower than float. Without labels or a score the float network's answers are
 * what is right.
 * @throws OctavoError `InvalidOption`; `Unsupported` for a network that is quantized already; `InvalidInput`, `InvalidData`, `Disposed`;
 *   the signal's reason; what `score` throws
 */
export const advise = async (model: Model, options: AdviseOptions): Promise<AdviceReport> =>
  (await measures()).advise(model, options);

/**
 * What each layer costs, quantized statically: how far the first output is from float with this layer alone quantized, and what that
 * saves of time and bytes. It takes as many runs over the samples as there are layers, and two.
 * @throws OctavoError as `quantizeStatic` does
 */
export const sensitivity = async (model: Model, options: SensitivityOptions): Promise<SensitivityReport> =>
  (await measures()).sensitivity(model, options);

/**
 * How well a network answers: with labels or a function of one's own, and within what bounds that is known by so many samples.
 * @throws OctavoError `InvalidOption`, `InvalidInput`, `InvalidData`, `Disposed`; the signal's reason; what `score` throws
 */
export const evaluate = async (model: Model, samples: Samples, options: ScoreOptions): Promise<ScoreReport> =>
  (await measures()).evaluate(model, samples, options);
