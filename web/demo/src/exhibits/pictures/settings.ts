// How to quantize, as chosen on the page.
import type { StaticOptions } from 'octavo';

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

/** In a few words: "static, u8, histogram of 32 photos". `pictures` says which there are to calibrate with. */
export function describeSettings(
  { method, activations, observer, photos }: Settings,
  pictures: { count: number; noun: string },
): string {
  const count = Math.min(photos, pictures.count);
  const ranges =
    method === 'static'
      ? `${observerNames[observer]} of ${count} ${pictures.noun}`
      : 'ranges found in each run';
  return `${method}, ${activations}, ${ranges}`;
}
