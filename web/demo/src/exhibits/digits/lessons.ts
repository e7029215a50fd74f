// What networks are trained on: digits of the sheet, and of the visitor's.
import { Tensor } from 'octavo';
import { imageOf, side, tensorOf, type Digits } from './digits';

/** A digit of the visitor's. */
export interface Example {
  image: Uint8Array;
  label: number;
}

/** How often each of the visitor's digits is among those that are learned from. */
const copies = 24;
/** Digits of the sheet that are learned beside the visitor's, so as not to be forgotten. */
const reminders = 360;

export interface Lesson {
  samples: Tensor<'float32'>[];
  labels: number[];
}

/** Digits, and examples beside them. */
export function lessonOf(digits: Digits, examples: readonly Example[] = []): Lesson {
  const all = Array.from(digits.labels, (label, i) => ({ image: imageOf(digits, i), label }));
  return joined([...all, ...repeated(examples)]);
}

/** Examples, and some digits beside them. */
export function shortLessonOf({ images, labels }: Digits, examples: readonly Example[]): Lesson {
  const places = Array.from({ length: reminders }, (_, i) => Math.floor((i * labels.length) / reminders));
  const beside = places.map((i) => ({ image: imageOf({ images, labels }, i), label: labels[i] ?? NaN }));
  return joined([...beside, ...repeated(examples)]);
}

/** A digit moved by up to a pixel; its borders are empty. */
export function moved({ data, dims }: Tensor<'float32'>, random: () => number): Tensor<'float32'> {
  const shift = Math.floor(random() * 3) - 1 + side * (Math.floor(random() * 3) - 1);
  return new Tensor(
    'float32',
    data.map((_, i) => data[i - shift] ?? 0),
    dims,
  );
}

const repeated = (examples: readonly Example[]) =>
  examples.flatMap((example) => Array<Example>(copies).fill(example));

const joined = (examples: readonly Example[]): Lesson => ({
  samples: examples.map(({ image }) => tensorOf(image)),
  labels: examples.map(({ label }) => label),
});
