// What is done on the workbench of the pictures: networks are opened, quantized, measured and written.
import { preprocessingFor, type Preprocessing } from 'octavo';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { batch } from '@preact/signals';
import { cachedFetch } from '../../page/cached-fetch';
import { seconds } from '../../page/format';
import { Problem } from '../../page/problem';
import { activityOf, type Job } from '../../page/work';
import { countRight } from './accuracy';
import { networkBytes, networkName, networkPreprocessing, networkUrl, samplePhotos } from './assets';
import { BenchState, pageCalibration, type Advice, type ChosenMethod } from './bench-state';
import { findFeed, isQuestion, type Form, type Question } from './feed';
import { classesOfFolders, usualLabels } from './labels';
import { compareLayers, look, measure, survey } from './measure';
import { belongTogether, classesOf, isInt8, openNetwork, type Network } from './networks';
import { photoSource, type Picture } from './picture';
import { fileNameOf, quantize } from './quantize';
import { settingsLike } from './settings';

export class PictureBench extends BenchState {
  /** How the address wants the page's network to be fed, where it says so. */
  #sharedFeed: string | Partial<Preprocessing> | undefined;

  get sharedFeed() {
    return this.#sharedFeed;
  }

  shareFeed(wanted: string | Partial<Preprocessing> | undefined): void {
    this.#sharedFeed = wanted;
    const feed = this.float.value && !this.own.value && this.#sampleFeed(this.float.value);
    if (feed) this.setFeed(feed);
  }

  /** Shows another picture, and has the networks look at it as soon as they can. */
  show(next: Picture): void {
    const previous = this.picture.value;
    if (previous && previous.url !== next.url && previous.url.startsWith('blob:'))
      URL.revokeObjectURL(previous.url);
    this.picture.value = next;
    this.answers.value = {};
    this.layers.value = undefined;
    const busy = this.work.activity.value && !this.work.activity.value.restartable;
    if (this.feed.value && !busy) void this.work.perform((job) => this.#look(job));
  }

  /** Loads if need be, quantizes if need be, and measures. */
  proceed(): Promise<void> {
    return this.work.perform(async (job) => {
      if (this.nextStep.value === 'load') await this.#loadSample(job);
      return this.#goOn(job);
    });
  }

  /**
   * Opens networks of the visitor's: an int8 one stands beside its float original, and else alone. `weights`: files among which
   * are those that they keep their weights in.
   */
  openNetworks(files: readonly File[], weights: readonly File[] = []): Promise<void> {
    return this.work.perform(async (job) => {
      const opened: Network[] = [];
      const refused: unknown[] = [];
      const place = (network: Network) => {
        try {
          this.#place(network);
        } catch (error) {
          refused.push(error);
        }
      };
      try {
        for (const file of files) {
          job.report({ title: `Opening ${file.name}` });
          const about = { own: true, name: file.name, bytes: file.size };
          opened.push(await openNetwork(file, about, job, weights));
        }
      } finally {
        // Together: nothing is asked of one, nor answered, while others are still to come.
        batch(() => opened.forEach(place));
      }
      if (refused.length > 0) throw refused[0];
      return this.#goOn(job);
    });
  }

  /** Puts the page's own network, labels and photos in place of the visitor's. */
  backToSample(): Promise<void> {
    return this.work.perform(async (job) => {
      await this.#loadSample(job);
      this.calibration.value = pageCalibration;
      return this.#goOn(job);
    });
  }

  /** Closes an int8 network that was opened, so that the float one can be quantized here. */
  closeInt8(): void {
    batch(() => {
      this.int8.value?.model.dispose();
      this.int8.value = undefined;
      const { float } = this.answers.value;
      this.forget();
      if (float) this.answers.value = { float };
    });
  }

  setFeed(feed: Preprocessing): void {
    batch(() => {
      this.feed.value = feed;
      this.question.value = undefined;
    });
  }

  /** Answers the question of how pictures are fed, and goes on, with another question where only their form was one. */
  answer(choice: Question['choices'][number]): Promise<void> {
    if ('form' in choice) this.ask(choice.form);
    else this.setFeed(choice.feed);
    return this.nextStep.value === 'ask' ? Promise.resolve() : this.proceed();
  }

  /** Asks how pictures are fed: of which form, where the input leaves that open, or those of this form. */
  ask(about: 'form' | Form): void {
    const network = this.float.value ?? this.int8.value;
    if (network) this.#follow(findFeed(network, about));
  }

  #follow(found: Preprocessing | Question | undefined): void {
    const question = found && isQuestion(found) ? found : undefined;
    batch(() => {
      this.question.value = question;
      this.feed.value = found && !isQuestion(found) ? found : undefined;
    });
  }

  /** Changes some of how pictures are fed. */
  changeFeed(fields: Partial<Preprocessing>): Promise<void> {
    return this.work.attempt(() => {
      const [input, feed] = [this.input, this.feed.value];
      if (input && feed) this.setFeed(preprocessingFor(input, { ...feed, ...fields }));
    });
  }

  /** Writes the int8 network as an ONNX file. */
  download(save: (bytes: Uint8Array, name: string) => void): Promise<void> {
    return this.work.perform(async ({ signal, report }) => {
      const network = this.int8.value;
      if (!network) return '';
      report({ title: 'Writing the ONNX file', restartable: true });
      const name = fileNameOf(network);
      save(await network.model.toOnnx({ signal }), name);
      return `${name} was written: standard ONNX, which ONNX Runtime reads too.`;
    });
  }

  /** Measures every method that makes sense for the float network, here and with the pictures at hand. */
  advise(): Promise<void> {
    return this.work.perform(async (job) => {
      try {
        this.advising.value = true;
        if (this.nextStep.value === 'load') await this.#loadSample(job);
        const [float, feed] = [this.float.value, this.feed.value];
        if (!float || !feed) return '';
        const { adviceOn, AdviceView } = await fetchAdvice();
        this.adviceView.value = AdviceView;
        if (!this.answers.value.float) await this.#lookOnce(job);
        this.advice.value = await adviceOn(this, float, feed, job);
        // The picture may have changed meanwhile.
        if (!this.answers.value.float) await this.#look(job);
        const { methods, samples } = this.advice.value.report;
        return `Measured ${methods.length - 1} methods on ${samples} pictures, on this device.`;
      } finally {
        this.advising.value = false;
      }
    });
  }

  /** Quantizes by a method that the adviser measured. */
  take(which: number): Promise<void> {
    const { value: advice } = this.advice;
    const method = advice?.report.methods[which];
    if (!advice || !method || this.adviceIsOld.value) return Promise.resolve();
    if (method.call === 'none') {
      this.work.outcome.value = 'The float network is on the left already, as it is.';
      return Promise.resolve();
    }
    const settings = settingsLike(method, this.settings.value);
    batch(() => {
      this.choose(settings ?? {});
      if (!settings) this.chosen.value = chosenMethod(advice, which, method);
    });
    return this.work.perform((job) => this.#goOn(job, false));
  }

  /** Compares the two networks on every sample photo. */
  surveyPhotos(): Promise<void> {
    return this.work.perform(async (job) => {
      const { float, quantized } = this.pair;
      const [feed, basis] = [this.feed.value, this.basis.value];
      if (!float || !quantized || !feed) return '';
      const found = await survey(float, quantized, samplePhotos.map(photoSource), feed, job);
      this.survey.value = { found, basis };
      return `Compared on ${found.samples} photos.`;
    });
  }

  /** Compares what each layer makes of the picture. */
  compareLayers(): Promise<void> {
    return this.work.perform(async (job) => {
      const { float, quantized } = this.pair;
      const [subject, feed, basis] = [this.picture.value, this.feed.value, this.basis.value];
      if (!float || !quantized || !subject || !feed) return '';
      const found = await compareLayers(float, quantized, subject, feed, job);
      this.layers.value = { found, basis };
      return `Compared ${found.length} layers on the picture.`;
    });
  }

  /** Counts right answers on the visitor's labelled pictures. */
  countRight(): Promise<void> {
    return this.work.perform(async (job) => {
      const [pictures, feed, basis] = [this.labelled.value, this.feed.value, this.basis.value];
      if (!feed) return '';
      const folders = [...new Set(pictures.map(({ label }) => label))];
      const count = this.classes.value ?? this.lines.value.length;
      const classes = classesOfFolders(folders, this.lines.value, count);
      const found = await countRight(pictures, this.pair, { preprocessing: feed, classes }, job);
      this.accuracy.value = { found, basis };
      return `Counted right answers on ${found.pictures} labelled pictures.`;
    });
  }

  async #loadSample(job: Job): Promise<void> {
    job.report({ title: 'Starting the engine' });
    const response = await cachedFetch(networkUrl, job.signal);
    const about = { own: false, name: networkName, bytes: networkBytes };
    const network = await openNetwork(response, about, job);
    this.#place(network, this.#sampleFeed(network));
  }

  #sampleFeed({ model }: Network): Preprocessing | undefined {
    const [input] = model.inputs;
    if (!input) return undefined;
    try {
      const wanted = this.#sharedFeed ?? networkPreprocessing;
      return preprocessingFor(input, wanted as Parameters<typeof preprocessingFor>[1]);
    } catch {
      // The address says what cannot be.
      return preprocessingFor(input, networkPreprocessing);
    }
  }

  /** Puts a network beside its mate, or in place of all that was there, which stays if the network cannot be fed. */
  #place(network: Network, known?: Preprocessing): void {
    const int8 = isInt8(network);
    const opened = this.int8.value?.made ? undefined : this.int8.value;
    const mate = int8 ? this.float.value : opened;
    const paired = network.own && mate !== undefined && belongTogether(mate, network);
    const keepsFeed = paired && this.feed.value !== undefined;
    let found;
    try {
      found = keepsFeed ? this.feed.value : (known ?? findFeed(network));
    } catch (error) {
      network.model.dispose();
      throw error;
    }
    batch(() => {
      const [float, quantized] = [this.float.value, this.int8.value];
      if (!int8 || !paired) float?.model.dispose();
      if (int8 || !paired) quantized?.model.dispose();
      this.float.value = int8 ? (paired ? float : undefined) : network;
      this.int8.value = int8 ? { ...network, made: undefined } : paired ? quantized : undefined;
      this.forget();
      this.#follow(found);
      if (!paired) this.labels.value = usualLabels(classesOf(network));
    });
  }

  /**
   * From networks that are open to figures; stops where something has to be asked. `arrives`: whether somebody waits for the
   * answers, and has them brought before their eyes.
   */
  async #goOn(job: Job, arrives = true): Promise<string> {
    const { value: question } = this.question;
    if (question) return `${question.name}: ${question.why}.`;
    const [float, feed] = [this.float.value, this.feed.value];
    if (float && feed && this.nextStep.value === 'quantize') {
      if (!this.answers.value.float) await this.#lookOnce(job);
      const { pictures } = this.calibration.value;
      const ingredients = {
        settings: this.settings.value,
        instead: this.instead.value,
        preprocessing: feed,
        pictures,
      };
      const about = { recipe: this.recipe.value, how: this.how.value };
      const made = await quantize(float, ingredients, about, job);
      this.int8.value?.model.dispose();
      this.int8.value = made;
      this.survey.value = this.accuracy.value = this.layers.value = undefined;
    }
    const outcome = await this.#look(job);
    if (arrives) ++this.arrivals.value;
    return outcome;
  }

  async #lookOnce(job: Job): Promise<void> {
    const [subject, feed] = [this.picture.value, this.feed.value];
    if (!subject || !feed) return;
    const answers = await look({ ...this.pair, quantized: undefined }, subject, feed, job);
    if (this.picture.value === subject) this.answers.value = answers;
  }

  /** The answers to the picture and how long they take. A picture that changes meanwhile is looked at next. */
  async #look(job: Job): Promise<string> {
    const [subject, feed, basis] = [this.picture.value, this.feed.value, this.basis.value];
    const { pair } = this;
    if (!subject || !feed) return '';
    this.answers.value = await look(pair, subject, feed, job);
    this.figures.value = { found: await measure(pair, subject, feed, job), basis };
    const made = this.int8.value?.made;
    if (made) return `Quantized in ${seconds(made.tookMs)}, on this device.`;
    return `Looked at the picture with ${(pair.quantized ?? pair.float)?.name ?? ''}.`;
  }
}

function chosenMethod(
  { report, ground }: Advice,
  which: number,
  method: ChosenMethod['method'],
): ChosenMethod {
  return {
    method,
    ground,
    apply: ({ signal, report: tell }) =>
      report.apply(which, { signal, onProgress: (progress) => tell(activityOf(progress)) }),
  };
}

/** @throws Problem where what gives and shows advice cannot be fetched */
const fetchAdvice = () =>
  import('./advice/adviser').catch((error: unknown) => {
    throw new Problem(`The adviser could not be fetched: ${(error as Error).message}.`);
  });

export const BenchContext = createContext<PictureBench | undefined>(undefined);

/** The workbench that a view stands on. */
export function useBench(): PictureBench {
  const bench = useContext(BenchContext);
  if (!bench) throw new Error('a view of the pictures stands outside of their workbench');
  return bench;
}
