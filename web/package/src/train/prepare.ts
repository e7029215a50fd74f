// From a model to its training, in an engine that trains.
import { callOptions, checkOptions } from '../check_options.js';
import type { Engine } from '../engine.js';
import { OctavoError } from '../error.js';
import type { Handle } from '../host.js';
import { checkSamples, loadFile, Model, type Origin } from '../model.js';
import type { Samples } from '../options.js';
import { isBytes } from '../tensor.js';
import {
  checkPrepareOptions,
  checkQatOptions,
  defined,
  type PrepareQatOptions,
  type PrepareTrainingOptions,
  type ResumeOptions,
  type Target,
} from './options.js';
import { copyInto, trainingEngine } from './place.js';
import { Trainer, type Note, type TrainerParts } from './trainer.js';

export { quantizeAdaRound } from './adaround.js';

/** Where it is trained, and who ends that. */
interface Place {
  engine?: PrepareTrainingOptions['engine'] | undefined;
  signal?: AbortSignal | undefined;
}

type Begun = Pick<TrainerParts, 'parameters' | 'target' | 'fitted'>;

/** Copies the model into an engine that trains, and has `begin` make a trainer of it there. */
async function prepare(
  { model, derive }: Origin,
  { engine: given, signal }: Place,
  begin: (engine: Engine, float: Handle, trainer: Handle) => Promise<Begun>,
): Promise<Trainer> {
  signal?.throwIfAborted();
  const { engine, ownsEngine } = await trainingEngine(model, given);
  const [float, trainer] = [engine.newHandle(), engine.newHandle()];
  try {
    await copyInto(engine, float, model, signal);
    const begun = await begin(engine, float, trainer);
    const load: TrainerParts['load'] = (file, fileSignal) => {
      const target = model.engine.newHandle();
      return derive(target, () => loadFile(model.engine, target, file, fileSignal));
    };
    return new Trainer({ engine, ownsEngine, float, trainer, model, load, ...begun });
  } catch (error) {
    engine.release(trainer);
    engine.release(float);
    if (ownsEngine) engine.dispose();
    throw error;
  }
}

/** `Model.prepareTraining`. */
export async function prepareTraining(
  origin: Origin,
  options: PrepareTrainingOptions | undefined,
): Promise<Trainer> {
  const { target, file, ...place } = checkPrepareOptions(options);
  return prepare(origin, place, withoutRanges(target, file, place.signal));
}

/** Begins a training that no activation is rounded in. */
const withoutRanges =
  (target: Target, file: Uint8Array | undefined, signal: AbortSignal | undefined) =>
  async (engine: Engine, float: Handle, trainer: Handle): Promise<Begun> => {
    const native = { ...target, options: { ...target.options, ...defined({ file }) } };
    const parameters = await engine.call('prepareTraining', [float, trainer, native], signal);
    return { parameters, target, fitted: 0 };
  };

/** `Model.prepareQat`. */
export async function prepareQat(origin: Origin, options: PrepareQatOptions): Promise<Trainer> {
  const { target, calibration, from, file, onProgress, ...place } = checkQatOptions(options);
  const native = defined({ ...target.options, file });
  const { signal } = place;
  if (target.options.activations) return prepare(origin, place, withoutRanges(target, file, signal));
  if (calibration) checkSamples('calibration', calibration);
  else if (!(from instanceof Model))
    throw new OctavoError('InvalidOption', "option 'from' is what quantizeStatic gives");
  return prepare(origin, place, async (engine, float, trainer) => {
    // The calibrator, or the model that ranges are taken from.
    const calibrator = engine.newHandle();
    try {
      if (from) {
        await copyInto(engine, calibrator, from, signal);
        const parameters = await engine.call('prepareQatFrom', [float, calibrator, trainer, native], signal);
        return { parameters, target, fitted: 0 };
      }
      await engine.call('beginTrainingCalibration', [float, calibrator, native], signal);
      await origin.observe(engine, calibrator, calibration as Samples, { onProgress, signal });
      const parameters = await engine.call('finishTrainingCalibration', [calibrator, trainer], signal);
      return { parameters, target, fitted: 0 };
    } finally {
      engine.release(calibrator);
    }
  });
}

function parseNote(text: string): Note {
  try {
    const note = JSON.parse(text) as Note;
    const { isRounded, options } = note.target;
    const fits = typeof isRounded === 'boolean' && typeof options === 'object' && options !== null;
    if (note.format === 1 && fits && Number.isSafeInteger(note.fitted) && note.fitted >= 0) return note;
  } catch {
    // It is none.
  }
  throw new OctavoError('InvalidInput', 'the bytes are no training that a trainer has saved');
}

const takenUpBy = (isRounded: boolean) => (isRounded ? 'resumeQat' : 'resumeTraining');

/** `Model.resumeQat` and `Model.resumeTraining`. */
export async function resume(
  origin: Origin,
  call: 'resumeQat' | 'resumeTraining',
  bytes: Uint8Array,
  options: ResumeOptions | undefined,
): Promise<Trainer> {
  const { file, ...place } = checkOptions(call, options, { ...callOptions, engine: 'any', file: 'any' });
  if (!isBytes(bytes)) throw new OctavoError('InvalidInput', 'a saved training is a Uint8Array');
  if (file !== undefined && !isBytes(file))
    throw new OctavoError('InvalidOption', "option 'file' is a Uint8Array");
  return prepare(origin, place, async (engine, float, trainer) => {
    const saved = engine.newHandle();
    try {
      const { target, fitted } = parseNote(await engine.call('readTraining', [bytes, saved], place.signal));
      const { isRounded } = target;
      if (takenUpBy(isRounded) !== call)
        throw new OctavoError('InvalidInput', `this training is taken up by ${takenUpBy(isRounded)}`);
      const how = { isRounded, options: defined({ ...target.options, file }) };
      const parameters = await engine.call('resumeTraining', [float, saved, trainer, how], place.signal);
      return { parameters, target, fitted };
    } finally {
      engine.release(saved);
    }
  });
}
