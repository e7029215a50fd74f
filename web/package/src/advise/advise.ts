// Which method to take, how much it costs and what it gives: measured on this device with the caller's data.
import { checkCount, checkOptions } from '../check_options.js';
import { median } from '../compare.js';
import { OctavoError } from '../error.js';
import type { Engine } from '../engine.js';
import { engineLike } from '../engine_like.js';
import { checkSamples, loadModel, Model, type Watching } from '../model.js';
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
  usualDrop,
  type AdviceReport,
  type AdvisedMethod,
  type AdviseOptions,
} from './options.js';
import {
  dropOf,
  explain,
  judgeAll,
  metricOf,
  qualityOf,
  recommend,
  type Target,
  type Unjudged,
} from './recommend.js';
import { judgeOf, type Judge } from './score.js';
import { turns } from './timing.js';

/** Samples that runs are timed with. */
const timed = 8;
const targets: readonly Target[] = ['balance', 'speed', 'size', 'accuracy'];
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
    metric,
  } = options;
  if (!targets.includes(target)) throw refuse(`option 'target' is one of ${targets.join(', ')}`);
  for (const [name, value] of Object.entries({ maxDrop, maxBytes, maxMs }))
    if (!(typeof value === 'number' && value >= 0)) throw refuse(`option '${name}' is a number from 0 up`);
  if (metric !== undefined && metric !== 'top1Agreement' && metric !== 'cosine')
    throw refuse("option 'metric' is one of 'top1Agreement', 'cosine'");
  checkCount('repeats', repeats);
  return { target, limits: { maxDrop, maxBytes, maxMs, metric }, repeats };
}

/** Makes a model by a method. Of accuracy control the nodes that went back to float are known by then. */
async function quantizedBy(
  model: Model,
  { call, options }: AdvisedMethod,
  calibration: readonly Sample[] | undefined,
  watching: Watching,
): Promise<Model> {
  const all = { ...options, ...defined({ ...watching }) };
  if (call === 'none') return model;
  if (call === 'quantizeDynamic') return model.quantizeDynamic(all);
  if (call === 'quantizeWeights') return model.quantizeWeights(all);
  const samples = calibration as Samples;
  if (call === 'quantizeStatic') return model.quantizeStatic({ ...all, calibration: samples });
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
): Promise<Unjudged> {
  const { outputs, agreement } =
    model === float
      ? { outputs: reference.outputs as Outputs[], agreement: exact(reference) }
      : await reference.measure(model, signal);
  const [floatMs, ms]: number[][] = [[], []];
  for (const sample of reference.samples.slice(0, timed)) {
    const times = await turns(float, model, sample, repeats, signal);
    floatMs.push(...times.floatMs);
    ms.push(...times.quantizedMs);
    await nextTask();
  }
  return {
    ...method,
    bytes: await float.engine.call('fileBytes', [model.handle], signal),
    ...(await heapOf(model, reference.samples[0], signal)),
    ms: median(ms),
    msBest: Math.min(...ms),
    speedup: model === float ? 1 : median(floatMs) / median(ms),
    agreement,
    ...(judge && { score: (await judge.score(outputs)).report }),
  };
}

/** The memory of an engine with that model alone, which has run; nothing where no second engine has room. */
async function heapOf(
  model: Model,
  sample: Sample,
  signal: AbortSignal | undefined,
): Promise<{ heapBytes?: number }> {
  const watching = defined({ signal });
  let engine: Engine | undefined;
  try {
    const file = await model.toOnnx(watching);
    engine = await engineLike(model.engine, false);
    const alone = await loadModel(file, { engine, ...watching });
    await alone.run(sample, watching);
    return { heapBytes: await engine.heapBytes() };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof OctavoError && ['EngineStart', 'OutOfMemory'].includes(error.code)) return {};
    throw error;
  } finally {
    engine?.dispose();
  }
}

const exact = (reference: Reference) => reference.compare(reference.outputs).agreement;

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
    const quantized = await quantize();
    try {
      rows.push(await measure(bench, method, quantized));
    } finally {
      quantized.dispose();
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
  const isFar = (row: Unjudged) => dropOf(row, rows[0], limits) > limits.maxDrop;
  if (closest && calibrated && rows.filter(isStatic).every(isFar)) {
    const goal = judge
      ? { metric: 'score' as const, maxDrop: limits.maxDrop }
      : { metric: metricOf(closest, limits), atLeast: 1 - limits.maxDrop };
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
