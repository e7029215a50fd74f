// One calibration, of which any part of the network is quantized.
import type { Handle } from '../host.js';
import { checkSamples, type Model, type Watching } from '../model.js';
import type { QuantizedPart, StaticOptions } from '../native.js';
import type { Sample, Samples } from '../options.js';

/** What static quantization sees of samples. Whoever asks for it disposes of it. */
export class Calibrated {
  readonly #model: Model;
  readonly #handle: Handle;

  private constructor(
    model: Model,
    handle: Handle,
    /** The sample that was seen first. */
    readonly first: Sample,
  ) {
    this.#model = model;
    this.#handle = handle;
  }

  static async by(
    model: Model,
    options: StaticOptions,
    samples: Samples,
    watching: Watching,
  ): Promise<Calibrated> {
    watching.signal?.throwIfAborted();
    checkSamples('calibration', samples);
    const { engine, origin } = model;
    const calibrator = engine.newHandle();
    try {
      const args: [Handle, Handle, 'static', StaticOptions] = [model.handle, calibrator, 'static', options];
      await engine.call('beginCalibration', args, watching.signal);
      return new Calibrated(model, calibrator, await origin.observe(engine, calibrator, samples, watching));
    } catch (error) {
      engine.release(calibrator);
      throw error;
    }
  }

  /** The nodes that are quantized by themselves, in order. */
  layers(signal: AbortSignal | undefined): Promise<string[]> {
    return this.#model.engine.call('calibratedLayers', [this.#handle], signal);
  }

  /** A copy of which that part is quantized. */
  quantize(part: QuantizedPart, signal: AbortSignal | undefined): Promise<Model> {
    const { engine, origin } = this.#model;
    const target = engine.newHandle();
    return origin.derive(target, () =>
      engine.call('finishCalibration', [this.#handle, target, part], signal),
    );
  }

  dispose(): void {
    this.#model.engine.release(this.#handle);
  }
}
