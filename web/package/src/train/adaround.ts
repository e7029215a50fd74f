// Static quantization whose rounding is learned, in an engine that trains.
import { OctavoError } from '../error.js';
import { checkSamples, loadFile, type Model, type Origin } from '../model.js';
import type { QuantizeStaticOptions } from '../options.js';
import { handOver, nextTask } from '../rpc.js';
import { copyInto, trainingEngine } from './place.js';

/** What has no part in it. */
const others = ['biasCorrection', 'equalize', 'smoothQuant'] as const;

/** `Model.quantizeStatic` with `rounding: 'adaround'`. It ends between layers where it is aborted. */
export async function quantizeAdaRound(
  { model, observe, derive }: Origin,
  { calibration, onProgress, signal, ...options }: Omit<QuantizeStaticOptions, 'target'>,
): Promise<Model> {
  signal?.throwIfAborted();
  checkSamples('calibration', calibration);
  const other = others.find((name) => options[name]);
  if (other) throw new OctavoError('InvalidOption', `option '${other}' is not for rounding 'adaround'`);
  const { engine, ownsEngine } = await trainingEngine(model);
  const handles = Array.from({ length: 3 }, () => engine.newHandle());
  const [float, rounding, made] = handles;
  try {
    await copyInto(engine, float, model, signal);
    await engine.call('beginRounding', [float, rounding, { ...options, rounding: 'nearest' }], signal);
    await observe(engine, rounding, calibration, { onProgress, signal });
    const total = (await engine.call('roundLayer', [rounding], signal)) ?? 0;
    for (let loaded = 0; loaded < total; ++loaded) {
      onProgress?.({ phase: 'quantize', loaded, total });
      await engine.call('roundLayer', [rounding, loaded], signal);
      await nextTask();
    }
    await engine.call('finishCalibration', [rounding, made], signal);
    const file = await engine.call('toOnnx', [made, {}], signal);
    const target = model.engine.newHandle();
    const small = await derive(target, () => loadFile(model.engine, target, handOver(file), signal));
    onProgress?.({ phase: 'quantize', loaded: total, total });
    return small;
  } finally {
    for (const handle of handles) engine.release(handle);
    if (ownsEngine) engine.dispose();
  }
}
