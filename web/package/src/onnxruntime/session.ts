// One session: a model of Octavo behind the interface that onnxruntime-common asks of its backends.
import type { InferenceSession, InferenceSessionHandler, OnnxValue } from 'onnxruntime-common';
import {
  loadModel,
  type Model,
  type StepTime,
  type Tensor,
  type TensorLike,
  type ValueDescription,
} from '../api.js';
import type { KeptOutput } from '../tensor.js';
import { sessionEngine } from './environment.js';
import { KeptTensor } from './kept_tensor.js';
import { checkOptions, externalDataOf, quantized, staysInEngine, type SessionOptions } from './options.js';
import { canStay, fromKept, fromOctavo, isElsewhere, keptOf, toOctavo } from './tensors.js';

type Values = Readonly<Record<string, OnnxValue>>;

/**
 * Any number of runs may be under way: they follow one another in the engine. Feeds on the CPU have been read before `run`
 * returns its promise.
 */
export class Session implements InferenceSessionHandler {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly InferenceSession.ValueMetadata[];
  readonly outputMetadata: readonly InferenceSession.ValueMetadata[];
  readonly #model: Model;
  /** The outputs that stay in the engine. */
  readonly #staying: readonly string[];
  /** Where time went since `startProfiling`, by node; undefined while nobody wants to know. */
  #profile: Map<string, StepTime> | undefined;

  private constructor(model: Model, options: SessionOptions) {
    const { freeDimensionOverrides = {} } = options;
    const metadata = ({ name, type, dims = [] }: ValueDescription) => ({
      name,
      isTensor: true as const,
      type: type as OnnxValue['type'],
      shape: dims.map((dim) =>
        Object.hasOwn(freeDimensionOverrides, dim) ? freeDimensionOverrides[dim] : dim,
      ),
    });
    this.#model = model;
    this.inputMetadata = model.inputs.map(metadata);
    this.outputMetadata = model.outputs.map(metadata);
    this.inputNames = model.inputs.map(({ name }) => name);
    this.outputNames = model.outputs.map(({ name }) => name);
    this.#staying = model.outputs
      .filter(({ name, type }) => canStay(type) && staysInEngine(name, options))
      .map(({ name }) => name);
  }

  /**
   * @param source URL (in Node also a path) or bytes
   * @throws OctavoError as `loadModel` and the quantizers do
   */
  static async create(source: string | Uint8Array, options: SessionOptions = {}): Promise<Session> {
    checkOptions(options);
    const { octavo, intraOpNumThreads } = options;
    const externalData = externalDataOf(options);
    const model = await loadModel(source, {
      engine: octavo?.engine ?? sessionEngine(intraOpNumThreads),
      ...(externalData ? { externalData } : {}),
      ...(octavo?.signal ? { signal: octavo.signal } : {}),
      ...(octavo?.onProgress ? { onProgress: octavo.onProgress } : {}),
    });
    return new Session(await quantized(model, octavo), options);
  }

  /**
   * @param feeds a tensor for each input
   * @param fetches the outputs that are wanted: a tensor that is written, or null for a new one
   * @throws OctavoError `InvalidInput` for a wrong name, type or shape, `Disposed`
   */
  async run(
    feeds: Values,
    fetches: Readonly<Record<string, OnnxValue | null>>,
  ): Promise<Record<string, OnnxValue>> {
    const sample = Object.values(feeds).some((value) => this.#isElsewhere(value))
      ? await this.#fetchAll(feeds)
      : this.#feeds(feeds);
    const profile = this.#profile;
    const outputs: Record<string, TensorLike> = {};
    for (const [name, value] of Object.entries(fetches)) if (value) outputs[name] = toOctavo(name, value);
    const keep = Object.keys(fetches).filter((name) => !fetches[name] && this.#staying.includes(name));
    const made: Record<string, Tensor | KeptOutput> = await this.#model.run(sample, { outputs, keep });
    if (profile) addTimes(profile, await this.#model.profile(sample, { repeats: 1 }));
    return Object.fromEntries(
      Object.entries(fetches).map(([name, given]) => {
        const output = made[name];
        if (!('kept' in output)) return [name, given ?? fromOctavo(name, output)];
        return [name, fromKept(new KeptTensor(this.#model.engine, output))];
      }),
    );
  }

  #isElsewhere(value: OnnxValue): boolean {
    return isElsewhere(value) && !keptOf(value, this.#model.engine);
  }

  #feeds(values: Values, data: Readonly<Record<string, OnnxValue['data']>> = {}): Record<string, TensorLike> {
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        const kept = keptOf(value, this.#model.engine) as TensorLike | undefined;
        return [name, kept ?? toOctavo(name, value, data[name] ?? value.data)];
      }),
    );
  }

  /** Feeds of which some lie elsewhere: on a GPU, or in another engine. */
  async #fetchAll(values: Values): Promise<Record<string, TensorLike>> {
    const data: Record<string, OnnxValue['data']> = {};
    for (const [name, value] of Object.entries(values))
      if (this.#isElsewhere(value)) data[name] = await value.getData();
    return this.#feeds(values, data);
  }

  startProfiling(): void {
    this.#profile = new Map();
  }

  /** Prints how long each node took in the runs since `startProfiling`, the slowest first. */
  endProfiling(): void {
    const times = [...(this.#profile?.values() ?? [])].sort((a, b) => b.ms - a.ms);
    this.#profile = undefined;
    console.table(times);
  }

  dispose(): Promise<void> {
    this.#model.dispose();
    return Promise.resolve();
  }
}

function addTimes(profile: Map<string, StepTime>, steps: readonly StepTime[]): void {
  for (const step of steps) {
    const known = profile.get(step.node);
    profile.set(step.node, known ? { ...known, ms: known.ms + step.ms } : step);
  }
}
