// What the networks make of a picture, and how they compare on it.
import { compare, imageToTensor, type CompareReport, type ModelFigures, type Preprocessing } from 'octavo';
import { activityOf, type Job } from '../../page/work';
import { scoresOf, topFive, type Guess } from './answers';
import type { Network } from './networks';
import type { Picture, PictureSource } from './picture';
import { samples } from './quantize';

export interface Answers {
  float?: Guess[];
  quantized?: Guess[];
}

/** Size and time of each network that is there, and, of two, how they agree. */
export interface Figures {
  float?: ModelFigures;
  quantized?: ModelFigures;
  report?: CompareReport;
}

/** The networks that are looked with. */
export interface Pair {
  float: Network | undefined;
  quantized: Network | undefined;
}

/** Runs of each network for one picture. */
export const turns = 11;

/** Has each network look at the picture once. */
export async function look(pair: Pair, subject: Picture, feed: Preprocessing, job: Job): Promise<Answers> {
  job.report({ title: 'Looking at the picture', restartable: true });
  const input = imageToTensor(subject.image, feed);
  const { float, quantized } = pair;
  return {
    ...(float && { float: topFive(await scoresOf(float.model, input, job.signal)) }),
    ...(quantized && { quantized: topFive(await scoresOf(quantized.model, input, job.signal)) }),
  };
}

/** Measures what is there; one network alone takes turns with itself. */
export async function measure(
  { float, quantized }: Pair,
  subject: Picture,
  feed: Preprocessing,
  { signal, report }: Job,
): Promise<Figures> {
  const [first, second] = [float ?? quantized, quantized ?? float];
  if (!first || !second) return {};
  const input = imageToTensor(subject.image, feed);
  const found = await compare(
    first.model,
    second.model,
    Array.from({ length: turns }, () => input),
    {
      repeats: 1,
      signal,
      onProgress: (progress) => report({ ...activityOf(progress), restartable: true }),
    },
  );
  if (float && quantized) return { float: found.float, quantized: found.quantized, report: found };
  return float ? { float: found.float } : { quantized: found.quantized };
}

export type LayerAgreement = NonNullable<CompareReport['layers']>[number];

/** How what each layer makes of a picture compares. */
export async function compareLayers(
  float: Network,
  quantized: Network,
  subject: Picture,
  feed: Preprocessing,
  { signal, report }: Job,
): Promise<LayerAgreement[]> {
  report({ title: 'Comparing layer by layer', restartable: true });
  const input = imageToTensor(subject.image, feed);
  const { layers = [] } = await compare(float.model, quantized.model, [input], {
    repeats: 1,
    layers: true,
    signal,
  });
  return layers;
}

/** Compares two networks on many pictures. */
export const survey = (
  float: Network,
  quantized: Network,
  pictures: readonly PictureSource[],
  feed: Preprocessing,
  { signal, report }: Job,
): Promise<CompareReport> =>
  compare(float.model, quantized.model, samples(pictures, feed, signal), {
    repeats: 1,
    signal,
    onProgress: (progress) => {
      const total = progress.phase === 'compare' ? pictures.length : undefined;
      const title = 'Comparing on every photo';
      report({ ...activityOf({ ...progress, total }), title, unit: 'pictures', restartable: true });
    },
  });
