// What lies on the workbench of the pictures, and what follows from it.
import type { CompareReport, Preprocessing } from 'octavo';
import { computed, signal } from '@preact/signals';
import { Work } from '../../page/work';
import type { Accuracy, LabelledPicture } from './accuracy';
import { calibrationPhotos } from './assets';
import { Camera } from './camera';
import { inForm, leavesFormOpen, sameFeed, type Question } from './feed';
import { labelLines, type Labels } from './labels';
import type { Answers, Figures, Pair } from './measure';
import { classesOf, type Int8Network, type Network } from './networks';
import { photoSource, type Picture, type PictureSource } from './picture';
import { defaultSettings, describeSettings, type Settings } from './settings';

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
  readonly accuracy = signal<Dated<Accuracy> | undefined>(undefined);
  /** How often answers have come that somebody waits for. */
  readonly arrivals = signal(0);

  /** How int8 networks are made, in words: "static, u8, histogram of 32 photos". */
  readonly how = computed(() => {
    const { pictures, noun } = this.calibration.value;
    return describeSettings(this.settings.value, { count: pictures.length, noun });
  });

  /** All that an int8 network which is made now is made with. */
  readonly recipe = computed(() => {
    const learns = this.settings.value.method === 'static';
    return JSON.stringify([this.how.value, learns && [this.calibration.value.id, this.feed.value]]);
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
  }
}
