// The network as it was trained and with fewer and fewer bits a weight.
import { loadModel, type Model } from 'octavo';
import { cachedFetch } from '../../page/cached-fetch';
import { Problem } from '../../page/problem';
import type { Job } from '../../page/work';
import { networkBytes, networkUrl, sheetBytes, sheetUrl } from './assets';
import { classes, pixels, readSheet, spread, tensorOf, type Digits, type DigitSheet } from './digits';

/** Bits that a weight can be given. */
export const bitChoices = [8, 4, 3, 2] as const;
export type Bits = (typeof bitChoices)[number];

/** Which of the networks side by side. */
export type NetworkId = 'float' | `static-${Bits}` | 'trained';

export interface Network {
  id: NetworkId;
  title: string;
  model: Model;
  /** Of its file. */
  bytes: number;
  /** Of the digits to validate on, how many it gets right, 0..1. */
  accuracy: number;
}

/** Digits to learn ranges from. */
export const calibrationDigits = 64;
const batch = 250;

/** Fetches the sheet of digits. */
export async function openSheet(job: Job): Promise<DigitSheet> {
  const report = (loaded: number) =>
    job.report({ title: 'Fetching digits', unit: 'bytes', loaded, total: sheetBytes });
  report(0);
  const response = await cachedFetch(sheetUrl, job.signal);
  if (!response.ok) throw new Problem(`Cannot fetch ${sheetUrl}: HTTP status ${response.status}.`);
  const sheet = await readSheet(await response.blob());
  report(sheetBytes);
  return sheet;
}

/** The network as it was trained. */
export async function openFloat(sheet: DigitSheet, { signal, report }: Job): Promise<Network> {
  report({ title: 'Fetching the network', unit: 'bytes', loaded: 0, total: networkBytes });
  const model = await loadModel(await cachedFetch(networkUrl, signal), { signal });
  return {
    id: 'float',
    title: 'float32',
    model,
    bytes: networkBytes,
    accuracy: await accuracyOf(model, sheet.validation, signal),
  };
}

/** The network with so many bits a weight, without training. */
export async function quantize(float: Network, bits: Bits, sheet: DigitSheet, job: Job): Promise<Network> {
  job.report({ title: `Folding weights into ${bits} bits` });
  const calibration = spread(sheet.training, calibrationDigits).map(tensorOf);
  const model = await float.model.quantizeStatic({ calibration, weightBits: bits, signal: job.signal });
  const accuracy = await accuracyOf(model, sheet.validation, job.signal);
  return {
    id: `static-${bits}`,
    title: `${bits} bits`,
    model,
    bytes: (await model.toOnnx()).length,
    accuracy,
  };
}

/** Of labelled digits, the share that a network gets right. */
export async function accuracyOf(
  model: Model,
  { images, labels }: Digits,
  signal: AbortSignal,
): Promise<number> {
  let right = 0;
  for (let from = 0; from < labels.length; from += batch) {
    const some = images.subarray(from * pixels, (from + batch) * pixels);
    const answers = await answersOf(model, some, signal);
    right += answers.filter((shares, index) => best(shares) === labels[from + index]).length;
  }
  return right / labels.length;
}

/** Probabilities of the ten digits, for each image. */
export async function answersOf(model: Model, images: Uint8Array, signal?: AbortSignal): Promise<number[][]> {
  const { logits } = await model.run(tensorOf(images), signal ? { signal } : {});
  const scores = Array.from((logits?.data ?? []) as Float32Array);
  return Array.from({ length: scores.length / classes }, (_, index) =>
    softmax(scores.slice(index * classes, (index + 1) * classes)),
  );
}

function softmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

/** The digit with the largest share, the first of equals. */
export const best = (shares: readonly number[]): number => shares.indexOf(Math.max(...shares));
