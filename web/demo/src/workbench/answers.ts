// From logits to the five best guesses.
import type { Model, Tensor } from 'octavo';
import { labels } from '../assets';

export interface Guess {
  label: string;
  /** Probability, 0..1. */
  share: number;
}

/** The softmax of the logits' five largest: https://en.wikipedia.org/wiki/Softmax_function */
export function topFive(logits: ArrayLike<number>): Guess[] {
  const values = Array.from(logits);
  const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = values.map((value) => Math.exp(value - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials
    .map((value, index) => ({ label: labelOf(index, values.length), share: value / sum }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 5);
}

const labelOf = (index: number, classes: number) =>
  (classes === labels.length ? labels[index] : undefined) ?? `class ${index}`;

/** What a classifier makes of an input. */
export async function ask(model: Model, input: Tensor, signal: AbortSignal): Promise<Guess[]> {
  const [output] = Object.values(await model.run(input, { signal }));
  return topFive((output?.data ?? []) as ArrayLike<number>);
}
