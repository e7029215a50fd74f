// How well a network answers: with classes as labels, as a retriever, or by a function of the caller's.
import { checkCount, checkOptions } from '../check_options.js';
import { OctavoError } from '../error.js';
import { checkSamples, Model } from '../model.js';
import type { Sample, Samples } from '../options.js';
import { isTypedArray } from '../tensor.js';
import { collect } from '../train/batches.js';
import { outputsOf, type Outputs } from './agreement.js';
import {
  scoreOptions,
  type Judgement,
  type SampleScore,
  type ScoreOptions,
  type ScoreReport,
} from './options.js';

/** Of a normal distribution, 95 % on both sides. */
const z = 1.959963984540054;

interface Counted {
  value: number;
  weight: number;
}

/**
 * The score's interval: of a share Wilson's (1927), which stays within 0 and 1; of a mean Σ value / Σ weight the normal one, with the
 * variance of a ratio (Cochran, Sampling Techniques, 1977, 6.13).
 */
function report(samples: readonly Counted[], isShare: boolean): ScoreReport {
  const weight = samples.reduce((sum, each) => sum + each.weight, 0);
  const score = samples.reduce((sum, each) => sum + each.value, 0) / weight;
  const n = samples.length;
  if (isShare) {
    const middle = (score + (z * z) / (2 * weight)) / (1 + (z * z) / weight);
    const half =
      (z / (1 + (z * z) / weight)) *
      Math.sqrt((score * (1 - score)) / weight + (z * z) / (4 * weight * weight));
    return { samples: n, score, interval: [Math.max(0, middle - half), Math.min(1, middle + half)] };
  }
  const squares = samples.reduce((sum, each) => sum + (each.value - score * each.weight) ** 2, 0);
  const half = n > 1 ? (z * Math.sqrt((squares * n) / (n - 1))) / Math.abs(weight) : Infinity;
  return { samples: n, score, interval: [score - half, score + half] };
}

const firstOf = (outputs: Outputs) => Object.values(outputs)[0];

/** Whether the label is among the `most` largest of a row; equal ones count as they come. */
function isAmong(
  data: ArrayLike<number>,
  start: number,
  classes: number,
  label: number,
  most: number,
): boolean {
  const own = data[start + label];
  if (Number.isNaN(own)) return false;
  let before = 0;
  for (let i = 0; i < classes; ++i) {
    const other = data[start + i];
    if (Number.isNaN(other)) return false;
    if (other > own || (other === own && i < label)) ++before;
  }
  return before < most;
}

/** How many answers a sample's output has, and among how many classes. */
function rowsOf(outputs: Outputs): { rows: number; classes: number } {
  const { data, dims } = firstOf(outputs);
  const classes = dims.at(-1) ?? 0;
  if (classes < 2)
    throw new OctavoError(
      'InvalidOption',
      `option 'labels': an output of ${JSON.stringify(dims)} has no classes`,
    );
  return { rows: data.length / classes, classes };
}

function classified(outputs: readonly Outputs[], labels: readonly number[][], topK: number): Counted[] {
  return outputs.map((each, i) => {
    const { classes } = rowsOf(each);
    const data = firstOf(each).data as ArrayLike<number>;
    let value = 0;
    for (const [row, label] of labels[i].entries()) {
      if (!(Number.isInteger(label) && label >= 0 && label < classes))
        throw new OctavoError(
          'InvalidOption',
          `option 'labels' has ${String(label)} for sample ${i}, and no class from 0 to ${classes - 1}`,
        );
      if (isAmong(data, row * classes, classes, label, topK)) ++value;
    }
    return { value, weight: labels[i].length };
  });
}

function retrieved(outputs: readonly Outputs[], labels: readonly number[][]): Counted[] {
  const vectors = outputs.map((each) => {
    const vector = Float64Array.from(firstOf(each).data as ArrayLike<number>);
    const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0)) || 1;
    return vector.map((x) => x / norm);
  });
  return vectors.map((vector, i) => {
    let [nearest, most] = [-1, -Infinity];
    for (const [j, other] of vectors.entries()) {
      const cosine = j === i ? -Infinity : other.reduce((sum, x, k) => sum + x * vector[k], 0);
      if (cosine > most) [nearest, most] = [j, cosine];
    }
    return { value: Number(nearest >= 0 && labels[nearest][0] === labels[i][0]), weight: 1 };
  });
}

function counted(given: SampleScore, i: number): Counted {
  const { value, weight } = typeof given === 'object' ? given : { value: given, weight: 1 };
  if (Number.isFinite(value) && Number.isFinite(weight) && weight >= 0) return { value, weight };
  throw new OctavoError(
    'InvalidOption',
    `option 'score' gives ${JSON.stringify(given)} for sample ${i}, and no number`,
  );
}

/** Scores what a network makes of samples. */
export class Judge {
  readonly #judgement: Judgement;
  readonly #samples: readonly Sample[];
  /** Of each sample, once it is known how many answers each has. */
  #labels: number[][] | undefined;

  /** @throws OctavoError `InvalidOption` */
  constructor(judgement: Judgement, samples: readonly Sample[]) {
    const { labels, topK = 1, task = 'classification', score } = judgement;
    const refuse = (what: string) => new OctavoError('InvalidOption', what);
    if (labels && score) throw refuse("either 'labels' or 'score' says what is right");
    if (labels && !Array.isArray(labels) && !isTypedArray(labels))
      throw refuse("option 'labels' is an array of classes");
    checkCount('topK', topK);
    if (task !== 'classification' && task !== 'retrieval')
      throw refuse("option 'task' is one of 'classification', 'retrieval'");
    this.#judgement = { ...judgement, topK, task };
    this.#samples = samples;
  }

  /**
   * @param order the places of the samples whose outputs these are; without, they are all, as they have to be once before
   * @throws OctavoError `InvalidOption` for labels that do not fit; what `score` throws
   */
  async score(outputs: readonly Outputs[], order: readonly number[] = [...outputs.keys()]) {
    const { topK = 1, task, score } = this.#judgement;
    const isRetrieval = task === 'retrieval';
    if (!score) {
      this.#labels ??= this.#labelsOf(outputs, isRetrieval);
      const labels = order.map((i) => this.#labels?.[i] ?? []);
      return judged(isRetrieval ? retrieved(outputs, labels) : classified(outputs, labels, topK), true);
    }
    const all: Counted[] = [];
    for (const [k, each] of outputs.entries())
      all.push(counted(await score(each, this.#samples[order[k]], order[k]), order[k]));
    return judged(all, false);
  }

  #labelsOf(outputs: readonly Outputs[], isOneEach: boolean): number[][] {
    const labels = Array.from(this.#judgement.labels ?? []);
    const counts = outputs.map((each) => (isOneEach ? 1 : rowsOf(each).rows));
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total !== labels.length)
      throw new OctavoError('InvalidOption', `there are ${labels.length} labels for ${total} answers`);
    return counts.map((count) => labels.splice(0, count));
  }
}

/** @returns nothing where the caller does not say what is right */
export const judgeOf = (judgement: Judgement, samples: readonly Sample[]): Judge | undefined =>
  judgement.labels || judgement.score ? new Judge(judgement, samples) : undefined;

const judged = (samples: Counted[], isShare: boolean) => ({
  report: report(samples, isShare),
  bySample: samples.map(({ value, weight }) => (weight > 0 ? value / weight : 0)),
});

/** `evaluate` of the package. */
export async function evaluate(model: Model, samples: Samples, options?: ScoreOptions): Promise<ScoreReport> {
  const { onProgress, signal, ...judgement } = checkOptions('evaluate', options, scoreOptions);
  signal?.throwIfAborted();
  if (!((model as unknown) instanceof Model))
    throw new OctavoError('InvalidOption', 'evaluate takes a model');
  checkSamples('samples', samples);
  const all = await collect(samples, signal);
  if (all.length === 0) throw new OctavoError('InvalidData', 'there is no sample to measure with');
  const judge = judgeOf(judgement, all);
  if (!judge) throw new OctavoError('InvalidOption', "evaluate needs 'labels' or 'score'");
  const outputs = await outputsOf(model, all, signal, (loaded, total) =>
    onProgress?.({ phase: 'compare', loaded, total }),
  );
  return (await judge.score(outputs)).report;
}
