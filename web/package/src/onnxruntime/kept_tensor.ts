// Outputs that stay in an engine.
import { OctavoError, type Engine, type TensorData, type TensorType } from '../api.js';
import type { KeptOutput } from '../tensor.js';

/**
 * A tensor that stays where its engine is until its data are wanted: what a run makes for the next one, a decoder's caches,
 * say, does not travel to the page and back.
 */
export class KeptTensor {
  readonly engine: Engine;
  readonly type: TensorType;
  readonly dims: readonly number[];
  #handle: number | undefined;

  constructor(engine: Engine, { type, dims, kept }: KeptOutput) {
    this.engine = engine;
    this.type = type as TensorType;
    this.dims = dims;
    this.#handle = kept;
    engine.track(this, kept, 'a kept tensor');
  }

  /**
   * Its name in the engine.
   * @throws OctavoError `Disposed`
   */
  get kept(): number {
    if (this.#handle === undefined) throw new OctavoError('Disposed', 'the tensor was disposed');
    return this.#handle;
  }

  /** A copy of the elements. */
  data(): Promise<TensorData> {
    return this.engine.call('keptData', [this.kept]);
  }

  /** Frees it. Doing so again is no error. */
  dispose(): void {
    if (this.#handle === undefined) return;
    this.engine.untrack(this);
    this.engine.release(this.#handle);
    this.#handle = undefined;
  }
}
