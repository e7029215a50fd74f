// Preprocessing that a caller or a file made: what it must be.
import { OctavoError } from '../error.js';
import { channelCount, type Preprocessing } from './preprocessing.js';

const oneOf = (words: readonly unknown[]) => ({
  holds: (value: unknown) => words.includes(value),
  means: `one of ${words.join(', ')}`,
});
const length = {
  holds: (value: unknown) =>
    Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 2 ** 14,
  means: 'a whole number from 1 to 16384',
};
const isNumber = (value: unknown) => Number.isFinite(value);
const numbers = {
  holds: (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isNumber),
  means: 'a list of numbers',
};

/** Each field, and what it must be. */
const fields: Record<keyof Preprocessing, { holds: (value: unknown) => boolean; means: string }> = {
  resize: oneOf(['cover', 'fit', 'stretch']),
  side: length,
  width: length,
  height: length,
  layout: oneOf(['NCHW', 'NHWC']),
  channels: oneOf(['RGB', 'BGR', 'grey']),
  scale: { holds: isNumber, means: 'a number' },
  mean: numbers,
  std: {
    holds: (value) => numbers.holds(value) && !(value as number[]).includes(0),
    means: 'a list of numbers other than 0',
  },
  dtype: oneOf(['float32', 'uint8', 'int8']),
  interpolation: oneOf(['bilinear', 'bicubic', 'nearest']),
};

const refuse = (what: string) => new OctavoError('InvalidOption', `preprocessing: ${what}`);

/**
 * A copy of the fields that are given, each looked at.
 * @throws OctavoError `InvalidOption` for one that is unknown or not what it must be
 */
export function checkFields(given: Partial<Preprocessing>): Partial<Preprocessing> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw refuse('it is an object, or the name of a preset');
  const copy = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  for (const [name, value] of Object.entries(copy)) {
    if (!Object.hasOwn(fields, name))
      throw refuse(`there is no field '${name}'; there are ${Object.keys(fields).join(', ')}`);
    const { holds, means } = fields[name as keyof Preprocessing];
    if (!holds(value)) throw refuse(`'${name}' is ${means}`);
  }
  return copy;
}

/**
 * The same, where no field but `side` may be absent, and they fit together.
 * @throws OctavoError `InvalidOption`
 */
export function checkPreprocessing(given: Preprocessing): Preprocessing {
  const checked = checkFields(given) as Preprocessing;
  const absent = Object.keys(fields).filter((name) => name !== 'side' && !Object.hasOwn(checked, name));
  if (absent.length > 0)
    throw refuse(`${absent.join(', ')} must be said; preprocessingFor fills in what an input says`);
  const { channels, mean, std, resize, side, width, height } = checked;
  for (const list of [mean, std])
    if (list.length !== channelCount(channels))
      throw refuse(`'mean' and 'std' have a number for each channel of ${channels}`);
  if (resize === 'cover' && side !== undefined && side < Math.max(width, height))
    throw refuse(`'side' ${side} is too small to cut ${width} x ${height} out of`);
  return checked;
}
