// How near a network's first output is to the float network's, sample by sample.
import { mean } from '../compare.js';
import { OctavoError } from '../error.js';
import type { Model } from '../model.js';
import type { Sample } from '../options.js';
import { nextTask } from '../rpc.js';
import type { Tensor } from '../tensor.js';
import { top1Agreement } from '../top1.js';
import type { OutputAgreement } from './options.js';

type Signal = AbortSignal | undefined;
export type Outputs = Record<string, Tensor>;

/** Told of each sample as it is done. */
export type OnSample = (done: number, total: number) => void;

/** Runs the model on each sample, or on those of `order`. */
export async function outputsOf(
  model: Model,
  samples: readonly Sample[],
  signal: Signal,
  onSample?: OnSample,
): Promise<Outputs[]> {
  const all: Outputs[] = [];
  for (const sample of samples) {
    signal?.throwIfAborted();
    all.push(await model.run(sample, signal ? { signal } : {}));
    onSample?.(all.length, samples.length);
    await nextTask();
  }
  return all;
}

const numbers = ({ data }: Tensor): ArrayLike<number> =>
  data instanceof BigInt64Array || data instanceof BigUint64Array
    ? Float64Array.from(data as Iterable<bigint>, Number)
    : data;

/** As `compare` has them. */
function comparison(reference: Tensor, other: Tensor): { sqnrDb: number; cosine: number } {
  const [a, b] = [numbers(reference), numbers(other)];
  if (a.length !== b.length)
    throw new OctavoError('InvalidInput', 'the two models do not agree on the shape of their output');
  let [signal, noise, product, others] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; ++i) {
    signal += a[i] * a[i];
    others += b[i] * b[i];
    product += a[i] * b[i];
    noise += (a[i] - b[i]) ** 2;
  }
  const norms = Math.sqrt(signal) * Math.sqrt(others);
  return {
    sqnrDb: noise === 0 ? Infinity : 10 * Math.log10(signal / noise),
    cosine: signal === 0 && others === 0 ? 1 : norms === 0 ? 0 : product / norms,
  };
}

/** Σ p log(p / q) of two rows of logits, by their largest elements for the sake of Exp. */
function divergenceOf(a: ArrayLike<number>, b: ArrayLike<number>, start: number, count: number): number {
  let [mostA, mostB] = [-Infinity, -Infinity];
  for (let i = start; i < start + count; ++i) [mostA, mostB] = [Math.max(mostA, a[i]), Math.max(mostB, b[i])];
  let [sumA, sumB, moved] = [0, 0, 0];
  for (let i = start; i < start + count; ++i) {
    const p = Math.exp(a[i] - mostA);
    sumA += p;
    sumB += Math.exp(b[i] - mostB);
    moved += p * (a[i] - mostA - (b[i] - mostB));
  }
  return Math.max(0, moved / sumA - Math.log(sumA) + Math.log(sumB));
}

interface SampleAgreement {
  sqnrDb: number;
  cosine: number;
  rows: number;
  sameTop1: number;
  /** Summed over the rows. */
  divergence: number;
}

function agreementOfSample(reference: Outputs, other: Outputs): SampleAgreement {
  const [first] = Object.keys(reference);
  const [a, b] = [reference[first], other[first]];
  if (!b) throw new OctavoError('InvalidInput', `the two models do not both have an output '${first}'`);
  const { rows, sameTop1 } = top1Agreement(a, b);
  const [x, y] = [numbers(a), numbers(b)];
  const classes = x.length / rows;
  let divergence = 0;
  for (let row = 0; row < rows; ++row) divergence += divergenceOf(x, y, row * classes, classes);
  return { ...comparison(a, b), rows, sameTop1, divergence };
}

function meansOf(samples: readonly SampleAgreement[]): OutputAgreement {
  const rows = samples.reduce((sum, each) => sum + each.rows, 0);
  const share = (of: 'sameTop1' | 'divergence') =>
    rows > 0 ? samples.reduce((sum, each) => sum + each[of], 0) / rows : undefined;
  return {
    sqnrDb: mean(samples.map(({ sqnrDb }) => sqnrDb)),
    cosine: mean(samples.map(({ cosine }) => cosine)),
    top1Agreement: share('sameTop1'),
    divergence: share('divergence'),
  };
}

/** What the float network makes of samples: what others are compared with. */
export class Reference {
  private constructor(
    readonly samples: readonly Sample[],
    readonly outputs: readonly Outputs[],
  ) {}

  static async of(float: Model, samples: readonly Sample[], signal: Signal, onSample?: OnSample) {
    if (samples.length === 0) throw new OctavoError('InvalidData', 'there is no sample to measure with');
    return new Reference(samples, await outputsOf(float, samples, signal, onSample));
  }

  /** Of these samples alone. */
  part(order: readonly number[]): Reference {
    return new Reference(
      order.map((i) => this.samples[i]),
      order.map((i) => this.outputs[i]),
    );
  }

  /** What another network makes of the samples, and how near that is. */
  async measure(model: Model, signal: Signal, onSample?: OnSample) {
    const outputs = await outputsOf(model, this.samples, signal, onSample);
    return { outputs, ...this.compare(outputs) };
  }

  compare(outputs: readonly Outputs[]) {
    const bySample = this.outputs.map((reference, i) => agreementOfSample(reference, outputs[i]));
    return { agreement: meansOf(bySample), bySample };
  }
}
