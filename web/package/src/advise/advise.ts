// Which method to take, how much it costs and what it gives: measured on this device with the caller's data.
import { checkCount, checkOptions } from '../check_options.js';
import { median } from '../compare.js';
import { OctavoError } from '../error.js';
import { checkSamples, Model, type Watching } from '../model.js';
import type { LongCallOptions, Sample, Samples } from '../options.js';
import { nextTask } from '../rpc.js';
import { collect } from '../train/batches.js';
import { defined } from '../train/options.js';
import { quantizeWithAccuracyControl } from './accuracy_control.js';
import { Reference, type Outputs } from './agreement.js';
import { Calibrated } from './calibrated.js';
import { kindOf, methodsFor, type NetworkKind } from './methods.js';
import {
  adviseOptions,
  type AdviceReport,
  type AdvisedMethod,
  type AdviseOptions,
  type MeasuredMethod,
  type ScoreReport,
} from './options.js';
import { judgeOf, type Judge } from './score.js';

const usualDrop = 0.01;
/** Samples that runs are timed with. */
const timed = 8;
const targets = ['balance', 'speed', 'size', 'accuracy'] as const;
type Target = (typeof targets)[number];

interface Limits {
  maxDrop: number;
  maxBytes: number;
  maxMs: number;
}

/** What all methods are measured with. */
interface Bench {
  float: Model;
  reference: Reference;
  judge: Judge | undefined;
  repeats: number;
  signal: AbortSignal | undefined;
}

function check(options: AdviseOptions) {
  const refuse = (what: string) => new OctavoError('InvalidOption', what);
  const {
    target = 'balance',
    maxDrop = usualDrop,
    maxBytes = Infinity,
    maxMs = Infinity,
    repeats = 3,
  } = options;
  if (!targets.includes(target)) throw refuse(`option 'target' is one of ${targets.join(', ')}`);
  for (const [name, value] of Object.entries({ maxDrop, maxBytes, maxMs }))
    if (!(typeof value === 'number' && value >= 0)) throw refuse(`option '${name}' is a number from 0 up`);
  checkCount('repeats', repeats);
  return { target, limits: { maxDrop, maxBytes, maxMs }, repeats };
}

/** Makes a model by a method. Of accuracy control the nodes that went back to float are known by then. */
async function quantizedBy(
  model: Model,
  { call, options }: AdvisedMethod,
  calibration: readonly Sample[] | undefined,
  watching: Watching,
): Promise<Model> {
  const options_ = { ...options, ...defined({ ...watching }) };
  if (call === 'none') return model;
  if (call === 'quantizeDynamic') return model.quantizeDynamic(options_);
  if (call === 'quantizeWeights') return model.quantizeWeights(options_);
  const samples = calibration as Samples;
  if (call === 'quantizeStatic') return model.quantizeStatic({ ...options_, calibration: samples });
  const { nodesToExclude, ...quantization } = options;
  const calibrated = await Calibrated.by(model, quantization, samples, watching);
  try {
    return await calibrated.quantize({ nodesToExclude: nodesToExclude as string[] }, watching.signal);
  } finally {
    calibrated.dispose();
  }
}

/** Runs of both in turns, and how their outputs compare. */
async function measure(
  { float, reference, judge, repeats, signal }: Bench,
  method: AdvisedMethod,
  model: Model,
): Promise<Omit<MeasuredMethod, 'fits' | 'onFront'>> {
  const { engine } = float;
  const { outputs, agreement } =
    model === float
      ? { outputs: reference.outputs as Outputs[], agreement: exact(reference) }
      : await reference.measure(model, signal);
  const [floatMs, ms]: number[][] = [[], []];
  for (const sample of reference.samples.slice(0, timed)) {
    const feeds = float.toFeeds(sample);
    // The first run of these shapes makes a plan.
    await engine.call('compareSample', [float.handle, model.handle, feeds, 1], signal);
    const turns = await engine.call('compareSample', [float.handle, model.handle, feeds, repeats], signal);
    floatMs.push(...turns.floatMs);
    ms.push(...turns.quantizedMs);
    await nextTask();
  }
  return {
    ...method,
    bytes: await engine.call('fileBytes', [model.handle], signal),
    ms: median(ms),
    msBest: Math.min(...ms),
    speedup: model === float ? 1 : median(floatMs) / median(ms),
    agreement,
    ...(judge && { score: (await judge.score(outputs)).report }),
  };
}

const exact = (reference: Reference) => reference.compare(reference.outputs).agreement;

/** The more the better. */
const qualityOf = ({ score, agreement }: Pick<MeasuredMethod, 'score' | 'agreement'>) =>
  score ? score.score : agreement.sqnrDb;

/** How much of the float network's answers is lost. */
function dropOf(
  { score, agreement }: Pick<MeasuredMethod, 'score' | 'agreement'>,
  float: ScoreReport | undefined,
) {
  if (score && float) return float.score - score.score;
  return 1 - (agreement.top1Agreement ?? agreement.cosine);
}

type Unjudged = Omit<MeasuredMethod, 'fits' | 'onFront'>;

function judgeAll(rows: readonly Unjudged[], { maxDrop, maxBytes, maxMs }: Limits): MeasuredMethod[] {
  const costs = ({ bytes, ms, ...rest }: Unjudged) => [bytes, ms, -qualityOf(rest)];
  const isBetter = (a: number[], b: number[]) => a.every((x, i) => x <= b[i]) && a.some((x, i) => x < b[i]);
  const all = rows.map(costs);
  return rows.map((row, i) => ({
    ...row,
    fits:
      dropOf(row, rows[0].score) <= maxDrop && row.bytes <= maxBytes && row.ms <= maxMs && row.speedup >= 1,
    onFront: !all.some((other) => isBetter(other, all[i])),
  }));
}

/** The less the better, beside the float network. */
function rank(row: MeasuredMethod, float: MeasuredMethod, target: Target): number {
  const [time, size] = [row.ms / float.ms, row.bytes / float.bytes];
  return { balance: time * size, speed: time, size, accuracy: -qualityOf(row) }[target];
}

/** Times are noisy: what costs this much more costs the same. */
const sameCost = 0.05;

/**
 * The best of those that fit and are on the front, and of those that cost the same the closest; the float network where there is
 * none.
 */
function recommend(methods: readonly MeasuredMethod[], target: Target): number {
  const fitting = methods
    .map((row, i) => ({ row, i, cost: rank(row, methods[0], target) }))
    .filter(({ row, i }) => i > 0 && row.fits && row.onFront);
  const least = Math.min(...fitting.map(({ cost }) => cost));
  const [best] = fitting
    .filter(({ cost }) => cost <= least + sameCost * Math.abs(least))
    .toSorted(
      (a, b) => qualityOf(b.row) - qualityOf(a.row) || b.row.agreement.sqnrDb - a.row.agreement.sqnrDb,
    );
  return best?.i ?? 0;
}

const times = (ratio: number) => (ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(1));
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function explain(
  methods: readonly MeasuredMethod[],
  chosen: number,
  { maxDrop }: Limits,
  target: Target,
): string {
  const [float, row] = [methods[0], methods[chosen]];
  if (chosen === 0) {
    const closest = methods.slice(1).toSorted((a, b) => qualityOf(b) - qualityOf(a))[0];
    if (!closest) return 'There is nothing to quantize: the float network is the one to take.';
    const why =
      dropOf(closest, float.score) > maxDrop
        ? `the closest, ${closest.name}, loses ${percent(dropOf(closest, float.score))} of the answers, more than ${percent(maxDrop)}: training may help (prepareQat, which needs no labels)`
        : `what is close enough is slower than float here, or beyond the limits`;
    return `The float network is the one to take: ${why}.`;
  }
  const quality = row.score
    ? `with a score of ${row.score.score.toPrecision(4)} (float ${(float.score as ScoreReport).score.toPrecision(4)})`
    : row.agreement.top1Agreement === undefined
      ? `${row.agreement.sqnrDb.toFixed(1)} dB from float`
      : `answers as float does in ${percent(row.agreement.top1Agreement)} of the cases`;
  const best = {
    balance: 'none that is close enough takes clearly less time and space',
    speed: 'none that is close enough is clearly faster',
    size: 'none that is close enough is clearly smaller',
    accuracy: 'it is the closest of all',
  }[target];
  return `${row.name}: ${times(row.speedup)} times as fast as float and ${times(float.bytes / row.bytes)} times as small, ${quality}; ${best}.`;
}

/** `advise` of the package. */
export async function advise(model: Model, options: AdviseOptions): Promise<AdviceReport> {
  const checked = checkOptions('advise', options, adviseOptions);
  const { calibration, samples, labels, topK, task, score, onProgress, signal } = checked;
  const { target, limits, repeats } = check(checked);
  signal?.throwIfAborted();
  if (!((model as unknown) instanceof Model)) throw new OctavoError('InvalidOption', 'advise takes a model');
  const description = model.describe();
  if (description.quantization.scheme !== 'none')
    throw new OctavoError(
      'Unsupported',
      `${model.name} is quantized already (${description.quantization.scheme}): advise takes the float network`,
    );
  checkSamples('samples', samples);
  if (calibration) checkSamples('calibration', calibration);
  const all = await collect(samples, signal);
  const calibrated = calibration && (await collect(calibration, signal));
  const judge = judgeOf(defined({ labels, topK, task, score }), all);
  const network: NetworkKind = kindOf(description.operators);
  const { methods, skipped } = methodsFor(network, await model.layers(), calibrated !== undefined);

  // One more for accuracy control, which may come last.
  const total = methods.length + 2;
  let loaded = 0;
  const done = () => onProgress?.({ phase: 'compare', loaded: ++loaded, total });
  onProgress?.({ phase: 'compare', loaded, total });
  const reference = await Reference.of(model, all, signal);
  const bench: Bench = { float: model, reference, judge, repeats, signal };
  const rows: Unjudged[] = [await measure(bench, { name: 'float', call: 'none', options: {} }, model)];
  done();
  const add = async (method: AdvisedMethod, quantize: () => Promise<Model>) => {
    const network_ = await quantize();
    try {
      rows.push(await measure(bench, method, network_));
    } finally {
      network_.dispose();
    }
  };
  for (const method of methods) {
    try {
      await add(method, () => quantizedBy(model, method, calibrated, { onProgress: undefined, signal }));
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof OctavoError) || !['Unsupported', 'OutOfMemory'].includes(error.code))
        throw error;
      skipped.push({ name: method.name, why: error.message });
    }
    done();
  }
  const isStatic = ({ call }: AdvisedMethod) => call === 'quantizeStatic';
  const closest = rows.filter(isStatic).toSorted((a, b) => qualityOf(b) - qualityOf(a))[0];
  const isFar = (row: Unjudged) => dropOf(row, rows[0].score) > limits.maxDrop;
  if (closest && calibrated && rows.filter(isStatic).every(isFar)) {
    const goal = judge
      ? { metric: 'score' as const, maxDrop: limits.maxDrop }
      : closest.agreement.top1Agreement === undefined
        ? { metric: 'cosine' as const, atLeast: 1 - limits.maxDrop }
        : { metric: 'top1Agreement' as const, atLeast: 1 - limits.maxDrop };
    const controlled = await quantizeWithAccuracyControl(model, {
      ...closest.options,
      ...defined({ labels, topK, task, score, signal }),
      ...goal,
      calibration: calibrated,
      samples: all,
    });
    const count = controlled.reverted.length;
    await add(
      {
        name: `${closest.name}, ${count} ${count === 1 ? 'layer' : 'layers'} in float`,
        call: 'quantizeWithAccuracyControl',
        options: { ...closest.options, nodesToExclude: controlled.reverted },
      },
      () => Promise.resolve(controlled.model),
    );
  }
  onProgress?.({ phase: 'compare', loaded: total, total });
  const measured = judgeAll(rows, limits);
  const recommended = recommend(measured, target);
  return {
    samples: all.length,
    network,
    methods: measured,
    recommended,
    reason: explain(measured, recommended, limits, target),
    skipped,
    apply: async (which = recommended, given: LongCallOptions = {}) => {
      const method = measured[which];
      if (!method)
        throw new OctavoError('InvalidOption', `there is no method ${which}, but ${measured.length}`);
      return quantizedBy(model, method, calibrated, { onProgress: given.onProgress, signal: given.signal });
    },
  };
}
