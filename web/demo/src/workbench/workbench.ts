// What the page does: load, quantize, measure; and what came of it.
import { compare, type CompareReport } from 'octavo';
import { computed, signal } from '@preact/signals';
import { networkName, networkUrl, samplePhotos } from '../assets';
import { seconds } from '../format';
import { tensorOf, type Picture } from '../pictures/picture';
import { activity, activityOf, perform, type Job } from './activity';
import { ask, type Guess } from './answers';
import { float, load, quantize, quantized, samples, type Classifier } from './networks';
import { sameSettings, settings } from './settings';

export const picture = signal<Picture | undefined>(undefined);

/** What both networks say of the picture. */
export const answers = signal<{ float?: Guess[]; quantized?: Guess[] }>({});
/** Sizes, times and agreement on the picture. */
export const comparison = signal<CompareReport | undefined>(undefined);
/** Agreement on all sample photos. */
export const survey = signal<CompareReport | undefined>(undefined);

/** Runs of each network for one picture. */
export const turns = 11;

/** What the main button would do next. */
export const nextStep = computed<'load' | 'quantize' | 'measure'>(() => {
  if (!float.value) return 'load';
  return quantized.value && sameSettings(quantized.value.settings, settings.value) ? 'measure' : 'quantize';
});

/** Loads if need be, quantizes if need be, and measures. */
export const proceed = () =>
  perform(async (job) => {
    const network = float.value ?? (await load(networkUrl, networkName, job));
    return quantizeAndMeasure(network, job);
  });

/** Takes an ONNX file of the visitor's instead of the page's network. */
export const openNetwork = (file: File) =>
  perform(async (job) => {
    const network = await load(file, file.name, job);
    forget();
    return quantizeAndMeasure(network, job);
  });

/** Shows another picture, and has the networks look at it as soon as they can. */
export function show(next: Picture): void {
  const previous = picture.value;
  if (previous && previous.url !== next.url && previous.url.startsWith('blob:'))
    URL.revokeObjectURL(previous.url);
  picture.value = next;
  answers.value = {};
  const busy = activity.value && !activity.value.restartable;
  if (float.value && !busy) void perform((job) => (quantized.value ? measure(job) : lookOnce(job)));
}

/** Compares the two networks on every sample photo. */
export const surveyPhotos = () =>
  perform(async (job) => {
    const [big, small] = [float.value, quantized.value];
    if (!big || !small) return '';
    survey.value = await compare(big.model, small.model, samples(samplePhotos, big.preset, job.signal), {
      repeats: 1,
      signal: job.signal,
      onProgress: (progress) => {
        const total = progress.phase === 'compare' ? samplePhotos.length : undefined;
        job.report({
          ...activityOf({ ...progress, total }),
          title: 'Comparing on every photo',
          unit: 'photos',
          restartable: true,
        });
      },
    });
    return `Compared on ${survey.value.samples} photos.`;
  });

async function quantizeAndMeasure(network: Classifier, job: Job): Promise<string> {
  if (!quantized.value || nextStep.value === 'quantize') {
    if (!answers.value.float) await lookOnce(job);
    await quantize(network, settings.value, job);
    forget();
  }
  return measure(job);
}

/** What was found about an int8 network that is no more. */
function forget(): void {
  comparison.value = undefined;
  survey.value = undefined;
}

/** The float network's answer alone, while there is no other. */
async function lookOnce({ signal, report }: Job): Promise<string> {
  const [network, subject] = [float.value, picture.value];
  if (!network || !subject) return '';
  report({ title: 'Looking at the picture', restartable: true });
  const guesses = await ask(network.model, tensorOf(subject, network.preset), signal);
  if (picture.value === subject) answers.value = { float: guesses };
  return '';
}

/** Both networks' answers to the picture, and how they compare. A picture that changes meanwhile is looked at next. */
async function measure(job: Job): Promise<string> {
  const [big, small, subject] = [float.value, quantized.value, picture.value];
  if (!big || !small || !subject) return '';
  job.report({ title: 'Looking at the picture', restartable: true });
  const input = tensorOf(subject, big.preset);
  answers.value = {
    float: await ask(big.model, input, job.signal),
    quantized: await ask(small.model, input, job.signal),
  };
  comparison.value = await compare(
    big.model,
    small.model,
    Array.from({ length: turns }, () => input),
    {
      repeats: 1,
      signal: job.signal,
      onProgress: (progress) => job.report({ ...activityOf(progress), restartable: true }),
    },
  );
  return `Quantized in ${seconds(small.tookMs)}, on this device.`;
}
