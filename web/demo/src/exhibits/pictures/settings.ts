// How to quantize, as chosen on the page.
import type { AdvisedMethod, StaticOptions } from 'octavo';

export interface Settings {
  method: 'static' | 'dynamic';
  activations: 'u8' | 'u7';
  observer: NonNullable<StaticOptions['observer']>;
  /** How many pictures to calibrate with, at most. */
  photos: 8 | 16 | 32;
}

export const defaultSettings: Settings = {
  method: 'static',
  activations: 'u8',
  observer: 'histogram',
  photos: 32,
};

/** What each setting can be: what the address may say. */
export const settingValues: { [Name in keyof Settings]: readonly Settings[Name][] } = {
  method: ['static', 'dynamic'],
  activations: ['u8', 'u7'],
  observer: ['histogram', 'minmax', 'movingAverage', 'percentile', 'entropy', 'mse'],
  photos: [8, 16, 32],
};

const observerNames: Record<Settings['observer'], string> = {
  histogram: 'histogram',
  minmax: 'min–max',
  movingAverage: 'moving average',
  percentile: 'percentile',
  entropy: 'entropy',
  mse: 'least squared error',
};

/** What dynamic quantization takes: convolutions too, as this kind of network has its weights there. */
export const dynamicOperators: readonly string[] = ['Conv', 'Gemm', 'MatMul'];

/** The settings that quantize as a method of the adviser's does; undefined where none do. */
export function settingsLike(
  { call, options: { observer, reduceRange, opTypesToQuantize, ...others } }: AdvisedMethod,
  now: Settings,
): Settings | undefined {
  if (Object.keys(others).length > 0) return undefined;
  const activations = reduceRange === true ? 'u7' : 'u8';
  if (call === 'quantizeStatic' && opTypesToQuantize === undefined) {
    const known = settingValues.observer.find((value) => value === (observer ?? defaultSettings.observer));
    return known && { ...now, method: 'static', activations, observer: known };
  }
  const operators = opTypesToQuantize as readonly string[] | undefined;
  const isSame = call === 'quantizeDynamic' && operators?.every((each) => dynamicOperators.includes(each));
  return isSame ? { ...now, method: 'dynamic', activations } : undefined;
}

/** Pictures to calibrate with, as they are told of. */
interface Pictures {
  count: number;
  noun: string;
}

/** In a few words: "static, u8, histogram of 32 photos". `pictures` says which there are to calibrate with. */
export function describeSettings(
  { method, activations, observer, photos }: Settings,
  pictures: Pictures,
): string {
  const ranges =
    method === 'static'
      ? `${observerNames[observer]} of ${Math.min(photos, pictures.count)} ${pictures.noun}`
      : 'ranges found in each run';
  return `${method}, ${activations}, ${ranges}`;
}

/** Likewise of a method of the adviser's: "static, nearest, of 32 photos". */
export function describeMethod(
  { name, call }: AdvisedMethod,
  { photos }: Settings,
  { count, noun }: Pictures,
): string {
  const learns = call === 'quantizeStatic' || call === 'quantizeWithAccuracyControl';
  return learns ? `${name}, of ${Math.min(photos, count)} ${noun}` : name;
}
