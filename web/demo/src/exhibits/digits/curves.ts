// How a training goes, step by step.
import type { TrainingStep } from 'octavo';

export interface Curves {
  /** Of each step. */
  losses: readonly number[];
  /** Of the rounded network, from time to time. */
  accuracies: readonly { step: number; accuracy: number }[];
  /** How many steps there will be. */
  steps: number;
}

export const noCurves: Curves = { losses: [], accuracies: [], steps: 0 };

/** Curves are drawn no more often. */
const drawingMs = 50;

/** Curves to which steps are added, drawn now and then. */
export class GrowingCurves {
  readonly #before: Curves;
  readonly #losses: number[];
  readonly #accuracies: Curves['accuracies'][number][];
  readonly #show: (curves: Curves) => void;
  #steps: number;
  #drawn = 0;

  constructor(before: Curves, show: (curves: Curves) => void) {
    this.#before = before;
    this.#losses = [...before.losses];
    this.#accuracies = [...before.accuracies];
    this.#steps = before.steps;
    this.#show = show;
  }

  add({ loss, steps, validation }: TrainingStep): void {
    this.#losses.push(loss);
    this.#steps = this.#before.losses.length + steps;
    const { accuracy } = validation ?? {};
    if (accuracy !== undefined) this.#accuracies.push({ step: this.#losses.length, accuracy });
    if (accuracy !== undefined || performance.now() - this.#drawn > drawingMs) this.draw();
  }

  draw(): void {
    this.#drawn = performance.now();
    this.#show({ losses: [...this.#losses], accuracies: [...this.#accuracies], steps: this.#steps });
  }
}
