// How a model wants its pictures: what its file says, or which presets its input leaves open.
import { OctavoError, messageOf } from '../error.js';
import type { Model } from '../model.js';
import type { ModelDescription, ValueDescription } from '../native.js';
import { checkPreprocessing } from './check.js';
import { candidatesFor, openLayouts, pictureInput } from './picture_input.js';
import { preprocessingFor } from './preprocessing_for.js';
import type { Preprocessing, PreprocessingName } from './preprocessing.js';

/** The key under which a file's metadata has it, as JSON. */
const metadataKey = 'octavo.preprocessing';

/** What is known of how a model wants its pictures. */
export interface FoundPreprocessing {
  /** What the file says; or, of an input of bytes, the pixels as they are. */
  known?: Preprocessing;
  /** Presets that fit the input, one of which has to be chosen where nothing is known. Empty where it is no picture's. */
  candidates: PreprocessingName[];
  /**
   * Where the input's dimensions leave open where the channels are, or how many: the layouts that it may have. One of them has to be
   * said beside a preset, and `channels` where the preset does not say them.
   */
  layouts?: Preprocessing['layout'][];
  /** For people. */
  why: string;
}

/** Looks at a model's metadata and at its input. Sizes alone never make anything known. */
export function findPreprocessing(model: {
  inputs: readonly ValueDescription[];
  describe(): Pick<ModelDescription, 'metadata'>;
}): FoundPreprocessing {
  const [input, ...others] = model.inputs;
  if (!input || others.length > 0)
    return { candidates: [], why: `the model has ${model.inputs.length} inputs, not one` };
  const said = model.describe().metadata[metadataKey];
  let problem = '';
  if (said !== undefined) {
    try {
      const known = preprocessingFor(input, checkPreprocessing(JSON.parse(said) as Preprocessing));
      return { known, candidates: [], why: 'as its metadata says' };
    } catch (error) {
      problem = `; what its metadata says (${metadataKey}) cannot be used: ${messageOf(error)}`;
    }
  }
  const picture = pictureInput(input);
  const layouts = openLayouts(input);
  if (typeof picture === 'string' && layouts.length > 0) {
    const why = `${picture}; the file does not say where its channels are, and how many`;
    return { candidates: candidatesFor(input), layouts, why: why + problem };
  }
  if (typeof picture === 'string') return { candidates: [], why: picture + problem };
  if (picture.dtype === 'uint8')
    return {
      known: preprocessingFor(input, {}),
      candidates: [],
      why: `input '${input.name}' takes bytes: pixels as they are${problem}`,
    };
  const candidates = candidatesFor(input);
  const why =
    candidates.length > 0
      ? `the file does not say which; ${candidates.length} presets fit input '${input.name}'`
      : `input '${input.name}' is ${picture.dtype}, which no preset makes: say scale, mean and std`;
  return { candidates, why: why + problem };
}

/**
 * Notes preprocessing in a model's metadata: `findPreprocessing` then knows it, and `toOnnx` writes it, also for copies that
 * are quantized later.
 * @throws OctavoError `InvalidOption` when it does not fit the model's one input, `Disposed`
 */
export async function rememberPreprocessing(model: Model, preprocessing: Preprocessing): Promise<void> {
  const [input, ...others] = model.inputs;
  if (!input || others.length > 0)
    throw new OctavoError(
      'InvalidOption',
      `pictures are the input of a model with one; this has ${model.inputs.length}`,
    );
  const fitting = preprocessingFor(input, checkPreprocessing(preprocessing));
  await model.setMetadata(metadataKey, JSON.stringify(fitting));
}
