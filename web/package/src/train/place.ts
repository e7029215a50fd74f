// Where a model is trained: an engine that trains, and the model in it.
import { Engine } from '../engine.js';
import { engineLike } from '../engine_like.js';
import { OctavoError } from '../error.js';
import type { Handle } from '../host.js';
import { loadFile, type Model } from '../model.js';
import { handOver } from '../rpc.js';
import type { PrepareTrainingOptions } from './options.js';

/** What an engine that trains the model is made with: it is like the model's own, but for the files. */
export async function trainingEngine(
  model: Model,
  given?: PrepareTrainingOptions['engine'],
): Promise<{ engine: Engine; ownsEngine: boolean }> {
  if (given) {
    const engine: unknown = await given;
    if (engine instanceof Engine && engine.info.training) return { engine, ownsEngine: false };
    throw new OctavoError('InvalidOption', "option 'engine' is what createEngine({ training: true }) gives");
  }
  const { engine } = model;
  if (engine.info.training) return { engine, ownsEngine: false };
  const made = await engineLike(engine, true);
  return { engine: made, ownsEngine: true };
}

/** The model in that engine, where the handle is. */
export async function copyInto(
  engine: Engine,
  target: Handle,
  model: Model,
  signal: AbortSignal | undefined,
) {
  const file = await model.toOnnx(signal ? { signal } : {});
  await loadFile(engine, target, handOver(file), signal);
}
