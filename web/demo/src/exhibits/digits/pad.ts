// What is on the pad: strokes of the visitor's, or one of the digits to validate on.
import { computed, signal } from '@preact/signals';
import { imageOf, type Digits } from './digits';
import { digitOf, type Point, type Stroke } from './strokes';

/** A digit of the sheet: which, and what it is. */
export interface SampleDigit {
  index: number;
  label: number;
  image: Uint8Array;
}

/** Neighbours of the sheet are of one class: this step leads through all classes, and comes to each digit. */
const step = 137;

export class Pad {
  readonly strokes = signal<readonly Stroke[]>([]);
  /** Whether a stroke is being drawn. */
  readonly isDown = signal(false);
  readonly sample = signal<SampleDigit | undefined>(undefined);
  /** What networks see of it; undefined while the pad is empty. */
  readonly image = computed(() => {
    if (this.sample.value) return this.sample.value.image;
    return this.strokes.value.length > 0 ? digitOf(this.strokes.value) : undefined;
  });
  #samples: Digits | undefined;
  #index = 0;

  /** Begins a stroke; it takes a digit of the sheet off the pad. */
  begin(point: Point): void {
    this.isDown.value = true;
    this.sample.value = undefined;
    this.strokes.value = [...this.strokes.value, [point]];
  }

  end(): void {
    this.isDown.value = false;
  }

  /** Goes on with the last stroke. */
  extend(points: readonly Point[]): void {
    const strokes = this.strokes.value;
    const last = strokes.at(-1);
    if (last) this.strokes.value = [...strokes.slice(0, -1), [...last, ...points]];
  }

  clear(): void {
    this.sample.value = undefined;
    this.strokes.value = [];
  }

  /** Lays one of the digits on an empty pad. */
  offer(samples: Digits, index: number): void {
    this.#samples = samples;
    this.#index = index;
    if (!this.image.value) this.#show(samples);
  }

  /** Another of the digits. */
  showAnother(): void {
    if (!this.#samples) return;
    this.#index = (this.#index + step) % this.#samples.labels.length;
    this.#show(this.#samples);
  }

  #show(samples: Digits): void {
    const index = this.#index;
    this.strokes.value = [];
    this.sample.value = { index, label: samples.labels[index] ?? NaN, image: imageOf(samples, index) };
  }
}
