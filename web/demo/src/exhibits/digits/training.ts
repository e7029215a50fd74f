// Training a network with the bits that it is to have: watched, paused, stopped, and gone on with for digits of the visitor's.
import type { FitOptions, Tensor, Trainer } from 'octavo';
import { signal } from '@preact/signals';
import { percent, seconds } from '../../page/format';
import type { Job, Work } from '../../page/work';
import { GrowingCurves, noCurves } from './curves';
import { spread, tensorOf, type DigitSheet } from './digits';
import { layersOf, type LayerWeights } from './layer-weights';
import { lessonOf, moved, shortLessonOf, type Example } from './lessons';
import { accuracyOf, answersOf, best, calibrationDigits, type Bits, type Network } from './networks';

export interface TrainingSettings {
  bits: Bits;
  /** What a digit is to be: what it is labelled, or what the float network makes of it. */
  teacher: 'labels' | 'network';
}

export const usualSettings: TrainingSettings = { bits: 2, teacher: 'labels' };

/** Where a training takes place. */
export interface TrainingPlace {
  work: Work;
  sheet: () => DigitSheet | undefined;
  float: () => Network | undefined;
  /** Has the trained network stand beside the others, and read; undefined: takes it away. */
  show: (trained: Network | undefined) => void;
}

export const epochs = 4;
export const batchSize = 64;
export const learningRate = 0.003;
const validateEvery = 12;
/** How often the visitor's digits are gone through before the last one is read. */
const mostRounds = 8;

export class Training {
  readonly settings = signal(usualSettings);
  /** How the network that there is was trained. */
  readonly made = signal<TrainingSettings | undefined>(undefined);
  readonly state = signal<'idle' | 'running' | 'paused'>('idle');
  readonly curves = signal(noCurves);
  readonly layers = signal<readonly LayerWeights[]>([]);
  readonly examples = signal<readonly Example[]>([]);
  readonly #place: TrainingPlace;
  #trainer: Trainer | undefined;
  #pause: { end: Promise<void>; resume: () => void } | undefined;
  #stops = false;

  constructor(place: TrainingPlace) {
    this.#place = place;
  }

  /** Trains anew, as the settings say. */
  async train(): Promise<void> {
    const [sheet, float] = [this.#place.sheet(), this.#place.float()];
    if (!sheet || !float) return;
    await this.#perform(async (job) => {
      const settings = this.settings.value;
      this.#forget();
      job.report({ title: 'Fetching the engine that trains' });
      this.#trainer = await float.model.prepareQat({
        weights: { bits: settings.bits },
        scales: 'learned',
        calibration: spread(sheet.training, calibrationDigits).map(tensorOf),
        signal: job.signal,
      });
      this.made.value = settings;
      this.state.value = 'running';
      const begin = performance.now();
      const { accuracy = NaN } = await this.#trainer.evaluate({
        ...lessonOf(sheet.validation),
        batchSize,
        signal: job.signal,
      });
      this.curves.value = { ...noCurves, accuracies: [{ step: 0, accuracy }] };
      const { samples, labels } = lessonOf(sheet.training, this.examples.value);
      const trained = await this.#fit(sheet, job, 'Training', {
        samples,
        ...(settings.teacher === 'labels' ? { labels, loss: 'crossEntropy' } : { loss: 'distillation' }),
        epochs,
        batchSize,
        optimizer: { name: 'adamw', learningRate },
        schedule: 'cosine',
      });
      const took = seconds(performance.now() - begin);
      return `Trained for ${took}: ${percent(trained.accuracy)} are right now.`;
    });
  }

  /** After the step that is under way. */
  pause(): void {
    if (this.state.value !== 'running' || this.#pause) return;
    let resume = () => {};
    const end = new Promise<void>((resolve) => (resume = resolve));
    this.#pause = { end, resume };
  }

  resume(): void {
    this.#pause?.resume();
    this.#pause = undefined;
    if (this.state.value === 'paused') this.state.value = 'running';
  }

  /** Ends the training with what has been learned. */
  stop(): void {
    this.#stops = true;
    this.resume();
  }

  /** Keeps a digit of the visitor's, and has the trained network, if there is one, learn it. */
  async learn(example: Example): Promise<void> {
    const sheet = this.#place.sheet();
    this.examples.value = [...this.examples.value, example];
    if (!sheet || !this.#trainer) return;
    await this.#perform(async (job) => {
      this.state.value = 'running';
      let answer: number | undefined;
      for (let round = 1; round <= mostRounds && answer !== example.label && !this.#stops; ++round) {
        const trained = await this.#fit(sheet, job, `Learning your ${example.label}`, {
          ...shortLessonOf(sheet.training, this.examples.value),
          loss: 'crossEntropy',
          batchSize,
          optimizer: { name: 'adamw', learningRate: learningRate / 3 },
          schedule: 'cosine',
          freezeObservers: 0,
          seed: round,
          augment: (sample, random) => moved(sample as Tensor<'float32'>, random),
        });
        answer = best((await answersOf(trained.model, example.image, job.signal))[0] ?? []);
      }
      return answer === example.label
        ? `Learned: your ${example.label} is read as one.`
        : `Your ${example.label} is still read as ${answer}; more of them may help.`;
    });
  }

  #perform(work: (job: Job) => Promise<string>): Promise<void> {
    return this.#place.work.perform(async (job) => {
      this.#stops = false;
      try {
        return await work(job);
      } finally {
        this.resume();
        this.state.value = 'idle';
      }
    });
  }

  /** Ends what there is of a training. */
  #forget(): void {
    this.#place.show(undefined);
    this.#trainer?.dispose();
    this.#trainer = undefined;
    this.made.value = undefined;
    this.curves.value = noCurves;
    this.layers.value = [];
  }

  /** Trains until the end or until it is stopped, and gives the network as it is then. */
  async #fit(sheet: DigitSheet, job: Job, title: string, options: FitOptions): Promise<Network> {
    const trainer = this.#trainer;
    if (!trainer) throw new Error('there is nothing to train');
    const validation = lessonOf(sheet.validation);
    const curves = new GrowingCurves(this.curves.value, (grown) => (this.curves.value = grown));
    let shown: Network | undefined;
    try {
      const fit = trainer.fit({ seed: 1, ...options, validation, validateEvery, signal: job.signal });
      for await (const step of fit) {
        curves.add(step);
        job.report({ title, unit: 'steps', loaded: step.step, total: step.steps });
        const pause = this.#pause;
        if (pause) {
          curves.draw();
          this.state.value = 'paused';
        }
        shown = undefined;
        if (step.validation || pause) shown = await this.#show(sheet, job, step.validation?.accuracy);
        if (pause) await endOf(pause.end, job.signal);
        if (this.#stops) break;
      }
    } finally {
      curves.draw();
    }
    return shown ?? this.#show(sheet, job);
  }

  /** Has the network as it is now stand beside the others. */
  async #show(sheet: DigitSheet, { signal }: Job, accuracy?: number): Promise<Network> {
    const [trainer, bits] = [this.#trainer, this.made.value?.bits];
    if (!trainer || !bits) throw new Error('there is nothing trained');
    const model = await trainer.convert({ signal });
    const network: Network = {
      id: 'trained',
      title: `${bits} bits, trained`,
      model,
      bytes: (await model.toOnnx()).length,
      accuracy: accuracy ?? (await accuracyOf(model, sheet.validation, signal)),
    };
    this.#place.show(network);
    this.layers.value = layersOf(await trainer.weights({ signal }), await trainer.scales({ signal }));
    return network;
  }
}

/** Waits for a promise, or until the signal says that nobody does any more. */
async function endOf(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  await Promise.race([promise, aborted]);
  signal.throwIfAborted();
}
