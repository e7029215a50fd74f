// Trainings: fit, step, evaluate, convert, save.
import { callOptions, checkCount, checkOptions } from '../check_options.js';
import type { Engine } from '../engine.js';
import { OctavoError } from '../error.js';
import type { EngineCalls, Handle } from '../host.js';
import type { Model } from '../model.js';
import type { NativeTensor, NativeTrainingSetup, TensorScales, TrainingMemory } from '../native.js';
import type { CallOptions, Sample } from '../options.js';
import { handOver, nextTask } from '../rpc.js';
import { fromNativeTensors, toNativeTensors, type Tensor } from '../tensor.js';
import { indexOfLargest, top1Agreement } from '../top1.js';
import { Dataset, collect, joined, mixed, randomNumbers, shuffled, toTargets } from './batches.js';
import {
  checkEvaluateOptions,
  checkFitOptions,
  checkLearningOptions,
  toSetup,
  type Batch,
  type EvaluateOptions,
  type Evaluation,
  type FitOptions,
  type LearningOptions,
  type Target,
  type TrainingStep,
} from './options.js';

/** @internal What a file of a training says beside its tensors. */
export interface Note {
  format: 1;
  target: Target;
  /** Steps of the fit that was under way; 0 where there was none. */
  fitted: number;
}

/** @internal Where a training lives. */
export interface TrainerParts {
  engine: Engine;
  /** Whether the engine is the training's own, and ends with it. */
  ownsEngine: boolean;
  /** The float network in that engine. */
  float: Handle;
  trainer: Handle;
  parameters: readonly string[];
  target: Target;
  fitted: number;
  /** The model that it began with. */
  model: Model;
  /** Makes a model of a file, in the engine of that one. */
  load: (file: Uint8Array, signal: AbortSignal | undefined) => Promise<Model>;
}

/** Of a step by itself. */
const begins = { position: 0, freezesObservers: false, freezesBatchNormalization: false };

/** A loss that is so many times the first one does not come down any more. */
const explosion = 1000;

/**
 * The training of a model, which stays as it is. Dispose of it when done: it holds an engine with the network, what the optimizer
 * keeps of each parameter, and the activations of a batch.
 */
export class Trainer {
  /** The names of the constants that are trained. */
  readonly parameters: readonly string[];
  readonly #parts: TrainerParts;
  /** What the engine was told of how to learn. */
  #setup = '';
  /** Steps that a training which was taken up again has taken of its fit. */
  #fitted: number;
  #isFitting = false;
  #disposed = false;

  /** @internal Use `prepareQat`, `prepareTraining` or `resumeTraining` of a model. */
  constructor(parts: TrainerParts) {
    this.#parts = parts;
    this.parameters = parts.parameters;
    this.#fitted = parts.fitted;
  }

  /**
   * Trains on samples, epoch by epoch in an order of the seed, and tells of each step; whoever stops asking has it wait. A fit that
   * was saved under way goes on where it was, when it is called with the same samples and options after `resumeTraining`.
   * @throws OctavoError `InvalidOption`; `InvalidInput` for samples or labels that do not fit; `InvalidData` without samples, for a
   *   class that there is none of, and for a loss that is not finite or explodes; `Unsupported`, naming the node, for what has no
   *   gradient; `OutOfMemory`; the signal's reason. The model is untouched.
   */
  async *fit(options: FitOptions): AsyncGenerator<TrainingStep, void, void> {
    const checked = checkFitOptions(options);
    const { samples, labels, validation, epochs = 1, batchSize = 32, seed = 1, signal } = checked;
    const { freezeObservers = 1, freezeBatchNormalization = 1, validateEvery, augment } = checked;
    for (const [name, count] of Object.entries({ epochs, batchSize, validateEvery: validateEvery ?? 1 }))
      checkCount(name, count);
    if (!Number.isSafeInteger(seed))
      throw new OctavoError('InvalidOption', "option 'seed' is a whole number");
    for (const [name, share] of Object.entries({ freezeObservers, freezeBatchNormalization }))
      if (!(share >= 0 && share <= 1))
        throw new OctavoError('InvalidOption', `option '${name}' is a share from 0 to 1`);
    if (this.#isFitting) throw new OctavoError('InvalidOption', 'another fit is under way');
    this.#isFitting = true;
    try {
      const data = new Dataset(await collect(samples, signal), labels);
      const checks = validation && new Dataset(await collect(validation.samples, signal), validation.labels);
      const perEpoch = Math.ceil(data.samples.length / batchSize);
      const steps = perEpoch * epochs;
      await this.#configure(toSetup(checked, data.hasLabels, steps), signal);
      const references: NativeTensor[] = [];
      let first: number | undefined;
      for (let step = this.#fitted; step < steps; ++step) {
        const epoch = Math.floor(step / perEpoch);
        const inEpoch = step % perEpoch;
        const order = shuffled(data.samples.length, mixed(seed, epoch)).slice(
          inEpoch * batchSize,
          (inEpoch + 1) * batchSize,
        );
        const random = randomNumbers(mixed(seed, step, 1));
        const feeds = this.#join(
          order.map((i) => (augment ? augment(data.samples[i], random) : data.samples[i])),
        );
        const how = {
          position: step,
          freezesObservers: step >= freezeObservers * steps,
          freezesBatchNormalization: step >= freezeBatchNormalization * steps,
        };
        const done = await this.#call('trainStep', [handOver(feeds), data.targets(order), how], signal);
        first ??= done.loss;
        if (done.loss > Math.max(Math.abs(first), 1) * explosion)
          throw new OctavoError(
            'InvalidData',
            `the loss explodes: ${done.loss} at step ${step + 1}, from ${first}; a smaller learningRate, or clipNorm, may help`,
          );
        this.#fitted = step + 1;
        const isLast = inEpoch === perEpoch - 1;
        const validates =
          checks && (validateEvery ? (step + 1) % validateEvery === 0 || step + 1 === steps : isLast);
        yield {
          step: step + 1,
          steps,
          epoch: epoch + 1,
          ...done,
          ...(validates ? { validation: await this.#evaluate(checks, batchSize, references, signal) } : {}),
        };
        await nextTask();
      }
    } finally {
      // Whoever breaks a fit off begins another; one that is saved under way goes on.
      this.#fitted = 0;
      this.#isFitting = false;
    }
  }

  /**
   * One step on a batch: for a loop of one's own.
   * @param options how to learn; the next step may learn otherwise
   * @throws OctavoError as `fit` does
   */
  async step(
    batch: Batch,
    options?: LearningOptions & CallOptions,
  ): Promise<Pick<TrainingStep, 'loss' | 'learningRate' | 'ms'>> {
    const { signal, ...learning } = checkLearningOptions('step', options);
    const { feeds, targets } = this.#toBatch(batch);
    await this.#configure(toSetup(learning, targets.length > 0, 0), signal);
    return this.#call('trainStep', [feeds, targets, begins], signal);
  }

  /**
   * The gradients of the loss of a batch by each parameter. Nothing changes.
   * @throws OctavoError as `fit` does
   */
  async gradients(batch: Batch, options?: LearningOptions & CallOptions): Promise<Record<string, Tensor>> {
    const { signal, ...learning } = checkLearningOptions('gradients', options);
    const { feeds, targets } = this.#toBatch(batch);
    await this.#configure(toSetup(learning, targets.length > 0, 0), signal);
    return fromNativeTensors(await this.#call('gradients', [feeds, targets], signal));
  }

  /** The parameters as they are now, in float. */
  async weights(options?: CallOptions): Promise<Record<string, Tensor>> {
    const { signal } = checkOptions('weights', options, callOptions);
    return fromNativeTensors(await this.#call('weights', [], signal));
  }

  /**
   * What activations and weights are rounded to as they are now: the scales that `convert` gives them, but for channels whose
   * scale a large bias enlarges. A weight into which BatchNormalization is folded only then has that one's name, not the parameter's.
   * After `prepareTraining` there are none.
   */
  async scales(options?: CallOptions): Promise<TensorScales[]> {
    const { signal } = checkOptions('scales', options, callOptions);
    return this.#call('scales', [], signal);
  }

  /**
   * The bytes that a step on such a batch takes in the engine's memory, and makes room for them.
   * @throws OctavoError `OutOfMemory` where there is none; as `fit` does
   */
  async memory(batch: Batch, options?: LearningOptions & CallOptions): Promise<TrainingMemory> {
    const { signal, ...learning } = checkLearningOptions('memory', options);
    const { feeds, targets } = this.#toBatch(batch);
    await this.#configure(toSetup(learning, targets.length > 0, 0), signal);
    return this.#call('trainingMemory', [feeds, targets], signal);
  }

  /**
   * Runs what `convert` gives now on samples, beside the float network as it was.
   * @throws OctavoError `InvalidOption`, `InvalidInput`, `InvalidData` without samples; the signal's reason
   */
  async evaluate(options: EvaluateOptions): Promise<Evaluation> {
    const { samples, labels, batchSize = 32, signal } = checkEvaluateOptions(options);
    checkCount('batchSize', batchSize);
    return this.#evaluate(new Dataset(await collect(samples, signal), labels), batchSize, [], signal);
  }

  /**
   * What has been trained so far, as a model in the engine of the one that it began with: a quantized one, or after
   * `prepareTraining` a float one. The training may go on.
   * @throws OctavoError `OutOfMemory`, `Disposed`; the signal's reason
   */
  async convert(options?: CallOptions): Promise<Model> {
    const { signal } = checkOptions('convert', options, callOptions);
    const file = await this.#trained(signal, (handle) => this.#engine.call('toOnnx', [handle, {}], signal));
    return this.#parts.load(file, signal);
  }

  /**
   * All of the training in a file: parameters, ranges, what the optimizer keeps, the step. `resumeTraining` of the same model goes on
   * with it to the same bits.
   * @throws OctavoError `Disposed`; the signal's reason
   */
  async save(options?: CallOptions): Promise<Uint8Array<ArrayBuffer>> {
    const { signal } = checkOptions('save', options, callOptions);
    const note: Note = { format: 1, target: this.#parts.target, fitted: this.#fitted };
    return this.#call('saveTraining', [JSON.stringify(note)], signal);
  }

  /** Ends the training, and the engine that started for it. Doing so again is no error. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const { engine, ownsEngine, float, trainer } = this.#parts;
    if (ownsEngine) return engine.dispose();
    engine.release(trainer);
    engine.release(float);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  get #engine(): Engine {
    if (this.#disposed)
      throw new OctavoError('Disposed', `the training of ${this.#parts.model.name} was disposed`);
    return this.#parts.engine;
  }

  async #call<Method extends TrainerCall>(
    method: Method,
    args: BehindHandle<Parameters<EngineCalls[Method]>>,
    signal: AbortSignal | undefined,
  ) {
    signal?.throwIfAborted();
    const all = [this.#parts.trainer, ...args] as unknown as Parameters<EngineCalls[Method]>;
    return this.#engine.call(method, all, signal);
  }

  async #configure(setup: NativeTrainingSetup, signal: AbortSignal | undefined): Promise<void> {
    const text = JSON.stringify(setup);
    if (text === this.#setup) return;
    this.#setup = '';
    await this.#call('configureTraining', [setup], signal);
    this.#setup = text;
  }

  #toFeeds = (sample: Sample) => toNativeTensors(sample, this.#parts.model.inputs, 'copies');
  #join = (samples: readonly Sample[]) => joined(samples.map(this.#toFeeds));
  #toBatch = ({ inputs, targets }: Batch) => ({ feeds: this.#toFeeds(inputs), targets: toTargets(targets) });

  /** What has been trained so far, for as long as `use` takes. */
  async #trained<T>(signal: AbortSignal | undefined, use: (handle: Handle) => Promise<T>): Promise<T> {
    const handle = this.#engine.newHandle();
    try {
      await this.#call('trainedModel', [handle], signal);
      return await use(handle);
    } finally {
      this.#parts.engine.release(handle);
    }
  }

  /** `references`: what the float network gives for each batch, which is filled the first time. */
  #evaluate(
    data: Dataset,
    batchSize: number,
    references: NativeTensor[],
    signal: AbortSignal | undefined,
  ): Promise<Evaluation> {
    return this.#trained(signal, async (handle) => {
      const count = data.samples.length;
      let [right, rows, same, power, noise] = [0, 0, 0, 0, 0];
      for (let begin = 0; begin < count; begin += batchSize) {
        const order = Array.from({ length: Math.min(batchSize, count - begin) }, (_, i) => begin + i);
        const feeds = this.#join(order.map((i) => data.samples[i]));
        const run = async (model: Handle) => (await this.#engine.call('run', [model, feeds], signal))[0];
        const reference = (references[begin / batchSize] ??= await run(this.#parts.float));
        const output = await run(handle);
        const agreement = top1Agreement(reference, output);
        rows += agreement.rows;
        same += agreement.sameTop1;
        const [wanted, given] = [reference.data as Float32Array, output.data as Float32Array];
        wanted.forEach((value, i) => {
          power += value * value;
          noise += (value - given[i]) ** 2;
        });
        if (data.hasClasses)
          right += countRight(
            output,
            order.map((i) => data.classOf(i)),
          );
        await nextTask();
      }
      return {
        samples: count,
        ...(data.hasClasses ? { accuracy: right / count } : {}),
        top1Agreement: rows > 0 ? same / rows : 1,
        sqnrDb: 10 * Math.log10(power / noise),
      };
    });
  }
}

/** Rows of [N, C] whose largest element, the first of equals, is that of their class. */
function countRight({ data, dims }: NativeTensor, classes: readonly number[]): number {
  const width = dims[1] ?? 1;
  return classes.filter((label, row) => indexOfLargest(data, row * width, width) === label).length;
}

type BehindHandle<Args extends unknown[]> = Args extends [Handle, ...infer Others] ? Others : never;
type TrainerCall =
  | 'configureTraining'
  | 'trainStep'
  | 'gradients'
  | 'weights'
  | 'scales'
  | 'trainingMemory'
  | 'trainedModel'
  | 'saveTraining';
