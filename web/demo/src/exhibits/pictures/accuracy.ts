// How often networks are right, on labelled pictures of the visitor's.
import { imageToTensor, type Preprocessing } from 'octavo';
import type { Job } from '../../page/work';
import { best, scoresOf } from './answers';
import type { Network } from './networks';
import type { PictureSource } from './picture';

export interface LabelledPicture extends PictureSource {
  /** The name of the folder that it lies in. */
  label: string;
}

/** How many of the pictures each network gets right. */
export interface Accuracy {
  pictures: number;
  right: { float?: number; quantized?: number };
}

export async function countRight(
  pictures: readonly LabelledPicture[],
  networks: { float?: Network | undefined; quantized?: Network | undefined },
  { preprocessing, classes }: { preprocessing: Preprocessing; classes: ReadonlyMap<string, number> },
  job: Job,
): Promise<Accuracy> {
  const present = (['float', 'quantized'] as const).filter((side) => networks[side]);
  const right: Accuracy['right'] = Object.fromEntries(present.map((side) => [side, 0]));
  let loaded = 0;
  for (const picture of pictures) {
    job.report({ title: 'Looking at labelled pictures', unit: 'pictures', loaded, total: pictures.length });
    const input = imageToTensor(await picture.read(job.signal), preprocessing);
    for (const side of present) {
      const network = networks[side];
      if (!network) continue;
      const chosen = best(await scoresOf(network.model, input, job.signal));
      if (chosen === classes.get(picture.label)) right[side] = (right[side] ?? 0) + 1;
    }
    ++loaded;
  }
  return { pictures: loaded, right };
}
