// What the visitor brings to the workbench: photos that are picked, files that are dropped, pasted or chosen.
import { Problem } from '../../page/problem';
import type { Photo } from './assets';
import { readLabels } from './labels';
import { sortFiles, type OwnFile } from './own-files';
import { fetchPicture, fileSource, readPicture } from './picture';
import type { PictureBench } from './workbench';

const wanted = new WeakMap<PictureBench, Photo>();

/** Shows a sample photo, unless another was chosen while it was being fetched. */
export function takePhoto(bench: PictureBench, photo: Photo): Promise<void> {
  wanted.set(bench, photo);
  bench.camera.close();
  return bench.work.attempt(async () => {
    const fetched = await fetchPicture(photo);
    if (wanted.get(bench) === photo) bench.show(fetched);
  });
}

/** Shows a picture of the visitor's; a network that was chosen as one is opened as what it is. */
export async function takePicture(bench: PictureBench, file: File): Promise<void> {
  if (/\.onnx$/i.test(file.name)) return bench.openNetworks([file]);
  wanted.delete(bench);
  bench.camera.close();
  await bench.work.attempt(async () => bench.show(await readPicture(file, file.name)));
}

/** Takes files of every kind: networks, pictures, labels. */
export async function takeFiles(bench: PictureBench, files: readonly OwnFile[]): Promise<void> {
  const { networks, weights, labels, pictures, others } = sortFiles(files);
  if (networks.length > 0) await bench.openNetworks(networks, weights);
  if (labels[0]) await takeLabels(bench, labels[0]);
  const folders = new Set(pictures.map(({ folder }) => folder));
  if (folders.size > 1) takeLabelled(bench, pictures);
  else if (pictures.length > 1) takeCalibration(bench, pictures);
  else if (pictures[0]) await takePicture(bench, pictures[0].file);
  else if (others[0] && networks.length + labels.length === 0)
    bench.work.fail(
      new Problem(
        `“${others[0].name}” is neither a picture nor an ONNX network (.onnx) nor a list of labels (.txt, .json).`,
      ),
    );
}

/** Names of the classes. */
export const takeLabels = (bench: PictureBench, file: File): Promise<void> =>
  bench.work.attempt(async () => {
    bench.labels.value = await readLabels(file, bench.classes.value);
  });

/** Pictures to learn ranges from. */
export function takeCalibration(bench: PictureBench, files: readonly OwnFile[]): void {
  const { pictures } = sortFiles(files);
  if (pictures.length === 0) return bench.work.fail(new Problem('There are no pictures among these files.'));
  bench.calibration.value = {
    id: bench.calibration.value.id + 1,
    noun: pictures.length === 1 ? 'own picture' : 'own pictures',
    pictures: pictures.map(({ file }) => fileSource(file)),
  };
  bench.work.outcome.value = `${pictures.length} pictures of yours to learn ranges from.`;
}

/** Pictures whose folders name what they show. */
export function takeLabelled(bench: PictureBench, files: readonly OwnFile[]): void {
  const { pictures } = sortFiles(files);
  const labelled = pictures.flatMap(({ file, folder }) =>
    folder === undefined ? [] : [{ ...fileSource(file), label: folder }],
  );
  if (labelled.length === 0)
    return bench.work.fail(
      new Problem('There are no folders with pictures: a folder’s name is their label.'),
    );
  bench.labelled.value = labelled;
  bench.accuracy.value = undefined;
  bench.work.outcome.value = `${labelled.length} labelled pictures to count right answers on.`;
}
