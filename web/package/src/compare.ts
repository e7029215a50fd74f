// Float against quantized: size, speed and how far the outputs are apart.
import { OctavoError } from './error.js';
import type { LayerDifference, LayerDistribution, TensorDifference } from './native.js';
import { checkCount, checkOptions, longCallOptions, type KnownOptions } from './check_options.js';
import { checkSamples, countOf, Model } from './model.js';
import type { Agreement, CompareOptions, CompareReport, ModelFigures, Samples } from './options.js';
import { nextTask } from './rpc.js';

const compareOptions: KnownOptions<CompareOptions> = {
  ...longCallOptions,
  repeats: 'any',
  layers: 'boolean',
};

/** `compare` of the package. */
export async function compare(
  float: Model,
  quantized: Model,
  samples: Samples,
  options?: CompareOptions,
): Promise<CompareReport> {
  const checked = checkOptions('compare', options, compareOptions);
  const { repeats = 5, layers = false, onProgress, signal } = checked;
  signal?.throwIfAborted();
  for (const model of [float, quantized] as unknown[]) {
    if (!(model instanceof Model)) throw new OctavoError('InvalidOption', 'compare takes two models');
  }
  checkSamples('samples', samples);
  checkCount('repeats', repeats);
  const { engine } = float;
  if (quantized.engine !== engine) {
    throw new OctavoError('InvalidOption', 'two models are compared in one engine; these live in two');
  }
  const total = countOf(samples);
  const floatMs: number[] = [];
  const quantizedMs: number[] = [];
  const outputs = new AgreementSums<object>();
  const layerSums = new AgreementSums<LayerExtra>();
  let count = 0;
  let rows = 0;
  let sameTop1 = 0;
  // Made of both models when the first sample is there.
  const comparer = engine.newHandle();
  try {
    for await (const sample of samples) {
      signal?.throwIfAborted();
      const feeds = float.toFeeds(sample);
      const models = [float.handle, quantized.handle] as const;
      if (count === 0) {
        onProgress?.({ phase: 'compile', loaded: 0, total: 1 });
        await engine.call('compareSample', [...models, feeds, 1], signal);
        if (layers) await engine.call('beginLayerComparison', [...models, comparer], signal);
        onProgress?.({ phase: 'compile', loaded: 1, total: 1 });
        onProgress?.({ phase: 'compare', loaded: 0, total });
      }
      const comparison = await engine.call('compareSample', [...models, feeds, repeats], signal);
      floatMs.push(...comparison.floatMs);
      quantizedMs.push(...comparison.quantizedMs);
      outputs.add(comparison.outputs);
      rows += comparison.rows;
      sameTop1 += comparison.sameTop1;
      if (layers) layerSums.add(await engine.call('compareLayers', [comparer, feeds], signal));
      ++count;
      onProgress?.({ phase: 'compare', loaded: count, total });
      await nextTask();
    }
  } finally {
    engine.release(comparer);
  }
  if (count === 0) throw new OctavoError('InvalidData', 'there is no sample to compare with');
  const figuresOf = async (model: Model, ms: readonly number[]): Promise<ModelFigures> => ({
    bytes: await engine.call('fileBytes', [model.handle], signal),
    tensorBytes: model.describe().tensorBytes,
    ...timesOf(ms),
  });
  const figures = {
    float: await figuresOf(float, floatMs),
    quantized: await figuresOf(quantized, quantizedMs),
  };
  return {
    samples: count,
    ...figures,
    speedup: figures.float.ms / figures.quantized.ms,
    sizeRatio: figures.quantized.bytes / figures.float.bytes,
    outputs: outputs.means(),
    top1Agreement: rows > 0 ? sameTop1 / rows : undefined,
    ...(layers ? { layers: layerSums.means() } : {}),
  };
}

type LayerExtra = Pick<LayerDifference, 'op' | 'distribution'>;

/** Gathers differences of many samples by name, in order of first appearance. */
class AgreementSums<Extra extends { distribution?: LayerDistribution }> {
  readonly #byName = new Map<string, (TensorDifference & { name: string } & Extra)[]>();

  add(differences: readonly (TensorDifference & { name: string } & Extra)[]): void {
    for (const difference of differences) {
      const list = this.#byName.get(difference.name);
      if (list) list.push(difference);
      else this.#byName.set(difference.name, [difference]);
    }
  }

  means(): (Agreement & Extra)[] {
    return [...this.#byName.values()].map((list) => {
      const cosines = list.map(({ cosine }) => cosine);
      const sqnrs = list.map(({ sqnrDb }) => sqnrDb);
      return {
        ...list[0],
        cosine: mean(cosines),
        cosineWorst: Math.min(...cosines),
        sqnrDb: mean(sqnrs),
        sqnrDbWorst: Math.min(...sqnrs),
        maxAbs: Math.max(...list.map(({ maxAbs }) => maxAbs)),
        ...joined(list.flatMap(({ distribution }) => distribution ?? [])),
      };
    });
  }
}

/** Of all samples, but for the counts, whose parts are those of the first one. */
function joined(all: readonly LayerDistribution[]): { distribution?: LayerDistribution } {
  if (all.length === 0) return {};
  const ends = (of: 'range' | 'quantizedRange'): [number, number] => [
    Math.min(...all.map((each) => each[of][0])),
    Math.max(...all.map((each) => each[of][1])),
  ];
  return {
    distribution: {
      ...all[0],
      range: ends('range'),
      quantizedRange: ends('quantizedRange'),
      clipped: mean(all.map(({ clipped }) => clipped)),
    },
  };
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function timesOf(ms: readonly number[]): Pick<ModelFigures, 'ms' | 'msBest' | 'msQuartiles'> {
  const sorted = ms.toSorted((a, b) => a - b);
  const msQuartiles: [number, number] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  return { ms: quantile(sorted, 0.5), msBest: sorted[0], msQuartiles };
}

/** Of any numbers. */
export const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );

/** Linear interpolation between the two nearest of the sorted values, as numpy's default. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below];
  return low + (position - below) * ((sorted[below + 1] ?? low) - low);
}
