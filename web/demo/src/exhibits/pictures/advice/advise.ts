// What the adviser is given: pictures to learn ranges from, others to measure with, and labels where there are any.
import { advise, rememberPreprocessing, type Preprocessing, type Tensor } from 'octavo';
import type { Job } from '../../../page/work';
import { samplePhotos } from '../assets';
import type { Advice, BenchState } from '../bench-state';
import { classesOfFolders } from '../labels';
import type { Network } from '../networks';
import { photoSource, type PictureSource } from '../picture';
import { evenly, samples } from '../quantize';

/** Pictures that are measured with, at most: they are kept in memory. */
const mostMeasured = 96;
/** With fewer, the page's photos are measured with. */
const fewOfOwn = 8;

export async function adviceOn(
  bench: BenchState,
  float: Network,
  feed: Preprocessing,
  job: Job,
): Promise<Advice> {
  const [ground, labelled] = [bench.ground.value, bench.labelled.value];
  const calibration = evenly(bench.calibration.value.pictures, bench.settings.value.photos);
  const { pictures, labels } = toMeasure(bench, calibration);
  // Copies carry it.
  await rememberPreprocessing(float.model, feed);
  const total = calibration.length + pictures.length;
  let loaded = 0;
  async function* read(some: readonly PictureSource[]): AsyncGenerator<Tensor> {
    for await (const input of samples(some, feed, job.signal)) {
      job.report({ title: 'Reading pictures', unit: 'pictures', loaded: ++loaded, total });
      yield input;
    }
  }
  const report = await advise(float.model, {
    calibration: read(calibration),
    samples: read(pictures),
    ...(labels && { labels }),
    signal: job.signal,
    onProgress: (progress) => job.report({ title: 'Measuring', unit: 'methods', ...progress }),
  });
  return { report, ground, labelled };
}

/** Labelled pictures, or those of the visitor's that nothing is learnt from, or the page's photos. */
function toMeasure(
  bench: BenchState,
  calibration: readonly PictureSource[],
): { pictures: readonly PictureSource[]; labels?: number[] } {
  const labelled = evenly(bench.labelled.value, mostMeasured);
  if (labelled.length > 0) {
    const folders = [...new Set(bench.labelled.value.map(({ label }) => label))];
    const count = bench.classes.value ?? bench.lines.value.length;
    const classes = classesOfFolders(folders, bench.lines.value, count);
    return { pictures: labelled, labels: labelled.map(({ label }) => classes.get(label) ?? -1) };
  }
  const { id, pictures } = bench.calibration.value;
  const others = pictures.filter((picture) => !calibration.includes(picture));
  const isOwn = id !== 0 && others.length >= fewOfOwn;
  return { pictures: isOwn ? evenly(others, mostMeasured) : samplePhotos.map(photoSource) };
}
