// How to quantize, as chosen on the page.
import { signal } from '@preact/signals';
import type { StaticOptions } from 'octavo';

export interface Settings {
  method: 'static' | 'dynamic';
  activations: 'u8' | 'u7';
  observer: NonNullable<StaticOptions['observer']>;
  /** How many photos to calibrate with. */
  photos: 8 | 16 | 32;
}

export const settings = signal<Settings>({
  method: 'static',
  activations: 'u8',
  observer: 'histogram',
  photos: 32,
});

const observerNames: Record<Settings['observer'], string> = {
  histogram: 'histogram',
  minmax: 'min–max',
  movingAverage: 'moving average',
};

/** In a few words: "static, u8, histogram of 32 photos". */
export function describeSettings({ method, activations, observer, photos }: Settings): string {
  const ranges =
    method === 'static' ? `${observerNames[observer]} of ${photos} photos` : 'ranges found in each run';
  return `${method}, ${activations}, ${ranges}`;
}

export const sameSettings = (a: Settings, b: Settings) => describeSettings(a) === describeSettings(b);
