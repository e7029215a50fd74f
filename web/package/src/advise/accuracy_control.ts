// Quantizes all that can be, and takes back what costs too much: the algorithm of NNCF's quantize_with_accuracy_control.
import { checkCount, checkOptions } from '../check_options.js';
import { OctavoError } from '../error.js';
import { checkSamples, type Model } from '../model.js';
import type { QuantizedPart, StaticOptions } from '../native.js';
import { collect } from '../train/batches.js';
import { defined } from '../train/options.js';
import { Reference } from './agreement.js';
import { Calibrated } from './calibrated.js';
import {
  accuracyControlOptions,
  usualDrop,
  type AccuracyControlOptions,
  type AccuracyControlReport,
  type Metric,
} from './options.js';
import { judgeOf, type Judge } from './score.js';
import { counter } from './sensitivity.js';

const metrics: readonly Metric[] = ['sqnrDb', 'cosine', 'top1Agreement', 'score'];

/** Of a network: the metric over samples, and sample by sample. The more the better. */
interface Measured {
  value: number;
  bySample: number[];
}

/** On the samples of these places. */
type Measure = (model: Model, order?: readonly number[]) => Promise<Measured>;

interface Goal {
  metric: Metric | undefined;
  atLeast: number | undefined;
  maxDrop: number | undefined;
  hardest: number | undefined;
}

function checkGoal(given: Goal, hasJudge: boolean) {
  const { metric = hasJudge ? 'score' : 'sqnrDb', atLeast, maxDrop, hardest = 100 } = given;
  const refuse = (what: string) => new OctavoError('InvalidOption', what);
  if (!metrics.includes(metric)) throw refuse(`option 'metric' is one of ${metrics.join(', ')}`);
  if (metric === 'score' && !hasJudge) throw refuse("option 'metric': 'score' needs 'labels' or 'score'");
  for (const [name, value] of Object.entries({ atLeast, maxDrop }))
    if (value !== undefined && !Number.isFinite(value)) throw refuse(`option '${name}' is a number`);
  if (atLeast !== undefined && maxDrop !== undefined)
    throw refuse("either 'atLeast' or 'maxDrop' says what is enough");
  if (atLeast === undefined && metric !== 'score')
    throw refuse(`option 'atLeast' says how much of ${metric} is enough`);
  checkCount('hardest', hardest);
  return { metric, atLeast, maxDrop, hardest };
}

/** The best network so far; others are freed. */
class Best {
  #model: Model | undefined;
  value = Number.NaN;

  /** Whether this one is as good. */
  offer(model: Model, value: number): boolean {
    if (value < this.value || (Number.isNaN(value) && this.#model)) {
      model.dispose();
      return false;
    }
    this.#model?.dispose();
    [this.#model, this.value] = [model, value];
    return true;
  }

  /** The network, which is the caller's from now on. */
  take(): Model {
    const model = this.#model as Model;
    this.#model = undefined;
    return model;
  }

  dispose(): void {
    this.#model?.dispose();
  }
}

/** The places of the smallest values. */
const smallest = (values: readonly number[], count: number) =>
  values
    .map((value, i) => ({ value, i }))
    .toSorted((a, b) => a.value - b.value || a.i - b.i)
    .slice(0, count)
    .map(({ i }) => i)
    .toSorted((a, b) => a - b);

/**
 * `Model.quantizeWithAccuracyControl`. Layers are ranked by what the network gains on its hardest samples when one of them alone goes
 * back to float; then they go back one after the other, the worst first, and stay there where that is no loss, until it is enough.
 */
export async function quantizeWithAccuracyControl(
  model: Model,
  options: AccuracyControlOptions,
): Promise<AccuracyControlReport> {
  const checked = checkOptions('quantizeWithAccuracyControl', options, accuracyControlOptions);
  const {
    calibration,
    samples,
    onProgress,
    signal,
    metric: asked,
    atLeast,
    maxDrop,
    hardest: most,
    ...rest
  } = checked;
  const { labels, topK, task, score, ...quantization } = rest;
  checkSamples('samples', samples);
  const all = await collect(samples, signal);
  const inputs = quantization.perChannel === false ? await collect(calibration, signal) : calibration;
  const judge = judgeOf(defined({ labels, topK, task, score }), all);
  const goal = checkGoal({ metric: asked, atLeast, maxDrop, hardest: most }, judge !== undefined);
  const { metric } = goal;

  const reference = await Reference.of(model, all, signal);
  const measure: Measure = async (network, order) => {
    const { outputs, agreement, bySample } = await (order ? reference.part(order) : reference).measure(
      network,
      signal,
    );
    if (metric === 'score') {
      const judged = await (judge as Judge).score(outputs, order);
      return { value: judged.report.score, bySample: judged.bySample };
    }
    // Rows that have one element agree always.
    const value = agreement[metric] ?? 1;
    return { value, bySample: bySample.map((each) => (metric === 'cosine' ? each.cosine : each.sqnrDb)) };
  };
  const float =
    metric === 'score'
      ? (await (judge as Judge).score(reference.outputs)).report.score
      : metric === 'sqnrDb'
        ? Infinity
        : 1;
  const enough = goal.atLeast ?? float - (goal.maxDrop ?? usualDrop);

  const begin = (perChannel: StaticOptions) =>
    Calibrated.by(model, { ...quantization, ...perChannel }, inputs, { onProgress, signal });
  let calibrated: Calibrated | undefined;
  const best = new Best();
  const steps: AccuracyControlReport['steps'] = [];
  const quantize = (part: QuantizedPart) => (calibrated as Calibrated).quantize(part, signal);
  /** Keeps the network if it is better than the best one so far. */
  const tryPart = async (part: QuantizedPart): Promise<Measured & { kept: boolean }> => {
    const network = await quantize(part);
    try {
      const measured = await measure(network);
      return { ...measured, kept: best.offer(network, measured.value) };
    } catch (error) {
      network.dispose();
      throw error;
    }
  };
  try {
    calibrated = await begin({});
    let whole = await tryPart({});
    const quantized = whole.value;
    let perChannel = quantization.perChannel !== false;
    if (!perChannel && whole.value < enough) {
      calibrated.dispose();
      calibrated = await begin({ perChannel: true });
      const again = await tryPart({});
      perChannel = again.kept;
      if (again.kept) whole = again;
      else {
        calibrated.dispose();
        calibrated = await begin({});
      }
    }
    const reverted: string[] = [];
    const isEnough = () => best.value >= enough;
    if (!isEnough()) {
      const nodes = await calibrated.layers(signal);
      const done = counter(onProgress, 2 * nodes.length);
      const hardest = smallest(whole.bySample, goal.hardest);
      const gains: { node: string; value: number }[] = [];
      for (const node of nodes) {
        const network = await quantize({ nodesToExclude: [node] });
        try {
          const { value } = await measure(network, hardest);
          gains.push({ node, value });
        } finally {
          network.dispose();
        }
        done();
      }
      gains.sort((a, b) => b.value - a.value);
      for (const { node } of gains) {
        const { value, kept } = await tryPart({ nodesToExclude: [...reverted, node] });
        if (kept) reverted.push(node);
        steps.push({ reverts: node, value, kept });
        done();
        if (isEnough()) break;
      }
    }
    return {
      model: best.take(),
      reached: isEnough(),
      metric,
      atLeast: enough,
      float,
      quantized,
      value: best.value,
      perChannel,
      reverted,
      steps,
    };
  } finally {
    best.dispose();
    calibrated?.dispose();
  }
}
