// Options of every call: a misspelt one must not pass for a default.
import { OctavoError } from './error.js';

const kinds = {
  any: () => true,
  /** What it holds is looked at elsewhere. */
  list: (value: unknown) => Array.isArray(value),
  record: (value: unknown) => typeof value === 'object',
  boolean: (value: unknown) => typeof value === 'boolean',
  function: (value: unknown) => typeof value === 'function',
  /** Of whatever realm. */
  signal: (value: unknown) =>
    typeof (value as AbortSignal).throwIfAborted === 'function' &&
    typeof (value as AbortSignal).addEventListener === 'function',
} as const;

/** Each option that a call has, and what it must be; of `any` it is looked at elsewhere. */
export type KnownOptions<T> = Readonly<Record<keyof T, keyof typeof kinds>>;

/**
 * A copy of the options of `call`, made by looking at each once: nobody further on runs code of the caller's.
 * @throws OctavoError `InvalidOption` for one that the call does not have
 */
export function checkOptions<T extends object>(
  call: string,
  options: T | undefined,
  known: KnownOptions<T>,
): T {
  if (options === undefined) return {} as T;
  const refuse = (what: string) => new OctavoError('InvalidOption', what);
  if (typeof options !== 'object' || options === null) throw refuse(`the options of ${call} are an object`);
  const copy = { ...options };
  for (const [name, value] of Object.entries(copy)) {
    if (!Object.hasOwn(known, name))
      throw refuse(`${call} has no option '${name}'; there are ${Object.keys(known).join(', ')}`);
    const kind = known[name as keyof T];
    if (value !== undefined && (value === null || !kinds[kind](value)))
      throw refuse(`option '${name}' of ${call} is ${kind === 'any' ? 'not null' : `a ${kind}`}`);
    if (kind === 'list' && value !== undefined)
      Object.assign(copy, { [name]: Array.from(value as unknown[]) });
    if (kind === 'record') Object.assign(copy, { [name]: { ...(value as object) } });
  }
  return copy;
}

export const callOptions = { signal: 'signal' } as const;
export const longCallOptions = { ...callOptions, onProgress: 'function' } as const;

/** A whole number from 1 up, and no more than `most`, by default what the engine counts to. */
export function checkCount(name: string, value: number, most = 2 ** 31 - 1): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new OctavoError(
    'InvalidOption',
    `option '${name}' is a whole number from 1 up, not ${String(value)}`,
  );
}
