// From a network's output to its guesses.
import type { Model, Tensor } from 'octavo';

export interface Guess {
  /** The class's number. */
  index: number;
  /** Probability, 0..1. */
  share: number;
}

/** The first output of a classifier for an input. */
export async function scoresOf(model: Model, input: Tensor, signal: AbortSignal): Promise<number[]> {
  const [output] = Object.values(await model.run(input, { signal }));
  return Array.from((output?.data ?? []) as ArrayLike<number | bigint>, Number);
}

/** The five best guesses, from the best on. */
export const topFive = (scores: readonly number[]): Guess[] =>
  probabilities(scores)
    .map((share, index) => ({ index, share }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 5);

/** The class with the largest score, the first of equals. */
export const best = (scores: readonly number[]): number =>
  scores.reduce((top, score, index) => (score > (scores[top] ?? -Infinity) ? index : top), 0);

/**
 * The softmax of logits: https://en.wikipedia.org/wiki/Softmax_function. Networks that end with one give probabilities
 * already; quantized, they sum up to about 1.
 */
function probabilities(scores: readonly number[]): number[] {
  const total = scores.reduce((a, b) => a + b, 0);
  if (scores.every((score) => score >= 0 && score <= 1) && Math.abs(total - 1) < 0.05) return [...scores];
  const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = scores.map((score) => Math.exp(score - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}
