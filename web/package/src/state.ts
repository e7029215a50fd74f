// What a model with caches keeps from run to run.
import type { Engine } from './engine.js';
import { OctavoError } from './error.js';
import type { Handle } from './host.js';
import type { NativeTensor, ValueDescription } from './native.js';
import type { OutputArray } from './tensor.js';

/**
 * A text under way: the caches of keys and values of a decoder, which `run(feeds, { state })` continues. Inputs of a past and
 * outputs of a present lie here in the engine's memory, in place: they are neither fed nor returned nor copied. Dispose of it
 * when done.
 */
export class ModelState {
  /** How many tokens there is room for. */
  readonly capacity: number;
  /** Rows of a batch, which all have one length. */
  readonly batch: number;
  /** What is still fed. */
  readonly inputs: readonly ValueDescription[];
  /** What still comes out. */
  readonly outputs: readonly ValueDescription[];
  readonly #name: string;
  readonly #engine: Engine;
  #handle: Handle | undefined;
  #length = 0;

  /** @internal Use `model.createState`. */
  constructor(
    engine: Engine,
    handle: Handle,
    name: string,
    sizes: Record<'capacity' | 'batch', number>,
    values: Record<'inputs' | 'outputs', readonly ValueDescription[]>,
  ) {
    ({ capacity: this.capacity, batch: this.batch } = sizes);
    ({ inputs: this.inputs, outputs: this.outputs } = values);
    this.#engine = engine;
    this.#handle = handle;
    this.#name = name;
    engine.track(this, handle, name);
  }

  /** Tokens so far. */
  get length(): number {
    return this.#length;
  }

  /** Begins anew, with no token. */
  async reset(): Promise<void> {
    await this.#engine.call('resetState', [this.handle]);
    this.#length = 0;
  }

  /** Frees the state's memory. Doing so again is no error; using it afterwards is one of code `Disposed`. */
  dispose(): void {
    if (this.#handle === undefined) return;
    this.#engine.untrack(this);
    this.#engine.release(this.#handle);
    this.#handle = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  get handle(): Handle {
    if (this.#handle === undefined)
      throw new OctavoError('Disposed', `the state of ${this.#name} was disposed`);
    return this.#handle;
  }

  /** @internal */
  async run(
    feeds: NativeTensor[],
    arrays: readonly OutputArray[] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<NativeTensor[]> {
    const { handle } = this;
    try {
      const { outputs, length } = await this.#engine.call('runState', [handle, feeds, arrays], signal);
      this.#length = length;
      return outputs;
    } catch (error) {
      // An aborted call may still finish in the engine.
      if (signal?.aborted)
        this.#engine.call('stateLength', [handle]).then(
          (length) => (this.#length = length),
          () => {},
        );
      throw error;
    }
  }
}
