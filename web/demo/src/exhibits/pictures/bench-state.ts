// What lies on the workbench of the pictures, and what follows from it.
import type { AdvisedMethod, AdviceReport, CompareReport, Preprocessing } from 'octavo';
import { batch, computed, signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { Work, type Job } from '../../page/work';
import type { Accuracy, LabelledPicture } from './accuracy';
import { calibrationPhotos } from './assets';
import { Camera } from './camera';
import { inForm, leavesFormOpen, sameFeed, type Question } from './feed';
import { labelLines, type Labels } from './labels';
import type { Answers, Figures, LayerAgreement, Pair } from './measure';
import { classesOf, type Int8Network, type Network } from './networks';
import { photoSource, type Picture, type PictureSource } from './picture';
import { defaultSettings, describeMethod, describeSettings, settingsLike, type Settings } from './settings';

/** Pictures to learn ranges from. */
export interface Calibration {
  /** Tells one set from another. */
  id: number;
  noun: string;
  pictures: readonly PictureSource[];
}

/** Under which circumstances something was found: under others it is old. */
export interface Basis {
  /** How the int8 network was to be made; undefined for one that was opened. */
  recipe: string | undefined;
  feed: Preprocessing | undefined;
}

export interface Dated<T> {
  found: T;
  basis: Basis;
}

/** What the adviser found, and what with: it is old once that has changed. */
export interface Advice {
  report: AdviceReport;
  ground: string;
  labelled: readonly LabelledPicture[];
}

/** A method of the adviser's that no settings express. */
export interface ChosenMethod {
  method: AdvisedMethod;
  /** What ranges are learnt from; the method is let go once that has changed. */
  ground: string;
  apply: (job: Job) => ReturnType<AdviceReport['apply']>;
}

export const pageCalibration: Calibration = {
  id: 0,
  noun: 'photos',
  pictures: calibrationPhotos.map(photoSource),
};

export class BenchState {
  readonly work = new Work();
  readonly camera = new Camera();
  readonly settings = signal<Settings>(defaultSettings);
  readonly picture = signal<Picture | undefined>(undefined);
  readonly float = signal<Network | undefined>(undefined);
  readonly int8 = signal<Int8Network | undefined>(undefined);
  /** How pictures are fed to the networks that are open. */
  readonly feed = signal<Preprocessing | undefined>(undefined);
  /** What has to be answered before they can be fed. */
  readonly question = signal<Question | undefined>(undefined);
  readonly labels = signal<Labels>({ kind: 'imagenet' });
  readonly calibration = signal<Calibration>(pageCalibration);
  readonly labelled = signal<readonly LabelledPicture[]>([]);
  /** What the networks say of the picture. */
  readonly answers = signal<Answers>({});
  readonly figures = signal<Dated<Figures> | undefined>(undefined);
  /** Agreement on all sample photos. */
  readonly survey = signal<Dated<CompareReport> | undefined>(undefined);
  /** How each layer compares on the picture. */
  readonly layers = signal<Dated<LayerAgreement[]> | undefined>(undefined);
  readonly accuracy = signal<Dated<Accuracy> | undefined>(undefined);
  readonly advice = signal<Advice | undefined>(undefined);
  /** Whether the adviser is at it. */
  readonly advising = signal(false);
  /** What shows advice, once it was fetched. */
  readonly adviceView = signal<ComponentType<{ report: AdviceReport }> | undefined>(undefined);
  readonly chosen = signal<ChosenMethod | undefined>(undefined);
  /** How often answers have come that somebody waits for. */
  readonly arrivals = signal(0);

  /** What ranges are learnt from. */
  readonly ground = computed(() =>
    JSON.stringify([this.calibration.value.id, this.settings.value.photos, this.feed.value]),
  );

  /** The method that takes the place of the settings, where one does. */
  readonly instead = computed(() => {
    const { value } = this.chosen;
    return value?.ground === this.ground.value ? value : undefined;
  });

  /** How int8 networks are made, in words: "static, u8, histogram of 32 photos". */
  readonly how = computed(() => this.#howBy(this.settings.value, this.instead.value?.method));

  /** All that an int8 network which is made now is made with. */
  readonly recipe = computed(() => this.#recipeBy(this.settings.value, this.instead.value?.method));

  readonly adviceIsOld = computed(() => {
    const { value } = this.advice;
    return (
      value !== undefined && (value.ground !== this.ground.value || value.labelled !== this.labelled.value)
    );
  });

  /** The place of the advised method that the int8 network was made by; -1 where it was made by none. */
  readonly taken = computed(() => {
    const made = this.int8.value?.made;
    return (this.advice.value?.report.methods ?? []).findIndex((method) => {
      const settings = settingsLike(method, this.settings.value);
      const recipe = this.#recipeBy(settings ?? this.settings.value, settings ? undefined : method);
      return method.call !== 'none' && made?.recipe === recipe;
    });
  });

  /** What figures that are found now hold for. */
  readonly basis = computed((): Basis => {
    const recipe = this.int8.value?.made && this.recipe.value;
    return { recipe, feed: this.feed.value };
  });

  /** Whether the figures were found before something was changed; the float network has nothing to do with settings. */
  readonly old = computed(() => {
    const { value } = this.figures;
    const float = value !== undefined && !sameFeed(value.basis.feed, this.feed.value);
    return { float, quantized: this.isOld(value) };
  });

  /** What the main button does next. */
  readonly nextStep = computed<'load' | 'ask' | 'quantize' | 'measure'>(() => {
    const [float, int8] = [this.float.value, this.int8.value];
    if (!float && !int8) return 'load';
    if (this.question.value) return 'ask';
    const outdated = int8?.made && int8.made.recipe !== this.recipe.value;
    return float && (!int8 || outdated) ? 'quantize' : 'measure';
  });

  /** How many classes the networks tell apart, where that is known. */
  readonly classes = computed(() => {
    const network = this.float.value ?? this.int8.value;
    return network && classesOf(network);
  });

  /** The names of the classes. */
  readonly lines = computed(() => labelLines(this.labels.value, this.classes.value));

  /** Whether anything of the visitor's is open. */
  readonly own = computed(() => [this.float.value, this.int8.value].some((network) => network?.own));

  #howBy(settings: Settings, method: AdvisedMethod | undefined): string {
    const { pictures, noun } = this.calibration.value;
    const told = { count: pictures.length, noun };
    return method ? describeMethod(method, settings, told) : describeSettings(settings, told);
  }

  #recipeBy(settings: Settings, method: AdvisedMethod | undefined): string {
    const learns = method ? method.call !== 'quantizeWeights' : settings.method === 'static';
    const ground = learns && [this.calibration.value.id, this.feed.value];
    return JSON.stringify([this.#howBy(settings, method), ground, ...(method ? [method.options] : [])]);
  }

  /** Quantizes by settings from now on. */
  choose(settings: Partial<Settings>): void {
    batch(() => {
      this.settings.value = { ...this.settings.value, ...settings };
      this.chosen.value = undefined;
    });
  }

  get pair(): Pair {
    return { float: this.float.value, quantized: this.int8.value };
  }

  /** The input that pictures are fed to, in the form in which they are fed. */
  get input() {
    const [network, feed] = [this.float.value ?? this.int8.value, this.feed.value];
    const [input] = network?.model.inputs ?? [];
    return network && input && feed && leavesFormOpen(network) ? inForm(input, feed) : input;
  }

  /** Whether something was found before something was changed. */
  isOld(dated: Dated<unknown> | undefined): boolean {
    const { recipe, feed } = this.basis.value;
    return dated !== undefined && !(dated.basis.recipe === recipe && sameFeed(dated.basis.feed, feed));
  }

  labelOf(index: number): string {
    return this.lines.value[index] ?? `class ${index}`;
  }

  /** Forgets what was found about networks that are no more. */
  forget(): void {
    this.answers.value = {};
    this.figures.value = undefined;
    this.survey.value = undefined;
    this.accuracy.value = undefined;
    this.layers.value = undefined;
    this.advice.value = undefined;
    this.chosen.value = undefined;
  }
}
