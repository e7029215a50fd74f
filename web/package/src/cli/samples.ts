// The samples that a command feeds to a model with one input.
import { OctavoError } from '../error.js';
import type { Model } from '../model.js';
import { listFiles, readSamples } from '../node/samples.js';
import type { Progress } from '../options.js';
import type { Tensor } from '../tensor.js';
import { choosePreprocessing, type PictureChoice, type PictureOptions } from './pictures.js';

/** Files and folders that were looked at before the work that needs them. */
export interface Samples {
  choice: PictureChoice;
  /** Reads them, one at a time. */
  read: () => AsyncGenerator<Tensor>;
  /** A listener that knows how many there are at least. */
  counted: (onProgress: (progress: Progress) => void) => (progress: Progress) => void;
}

/** @throws OctavoError `File`, `InvalidOption` where the model has several inputs, or preprocessing would be a guess */
export async function findSamples(
  model: Model,
  paths: readonly string[],
  options: PictureOptions,
): Promise<Samples> {
  const [input, ...others] = model.inputs;
  if (!input || others.length > 0) {
    const names = model.inputs.map(({ name }) => name).join(', ');
    throw new OctavoError(
      'InvalidOption',
      `a file is a sample for a model with one input; this one has ${names}`,
    );
  }
  const option = paths.find((path) => path.startsWith('--'));
  if (option !== undefined)
    throw new OctavoError('InvalidOption', `${option} stands where a file or folder is expected`);
  const files = await listFiles(paths);
  const choice = choosePreprocessing(model, options, files);
  return {
    choice,
    read: () => readSamples(files, input, choice),
    counted: (onProgress) => (progress) => {
      // An array may hold many samples: as soon as there are more than files, nobody knows how many are to come.
      const total = progress.loaded <= files.length ? files.length : undefined;
      onProgress({ ...progress, total: progress.total ?? total });
    },
  };
}
