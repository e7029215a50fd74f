// Numbers as the page spells them.

const decimals = (digits: number) =>
  new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const [whole, one, two, four] = [decimals(0), decimals(1), decimals(2), decimals(4)];

/** Decimal megabytes, as file managers and data plans count them; what is under a tenth of one, in kilobytes. */
export const fileSize = (bytes: number) =>
  bytes < 1e5 ? `${one.format(bytes / 1e3)}\u00a0KB` : `${one.format(bytes / 1e6)}\u00a0MB`;

export const milliseconds = (ms: number) => `${millisecondDigits(ms)}\u00a0ms`;

/** Without its unit: three significant figures, or all whole ones. */
export const millisecondDigits = (ms: number) => (ms < 10 ? two : ms < 100 ? one : whole).format(ms);

export const seconds = (ms: number) => `${one.format(ms / 1000)}\u00a0s`;

export const percent = (share: number) => `${one.format(share * 100)}\u00a0%`;

export const decibels = (db: number) => (Number.isFinite(db) ? `${one.format(db)}\u00a0dB` : 'exact');

export const cosineDigits = (cosine: number) => four.format(cosine);

/** How many times: "2.6×". */
export const times = (ratio: number) => `${one.format(ratio)}×`;

/** A file's name as a caption: "polar-bear.jpg" becomes "Polar bear". */
export function captionOf(fileName: string): string {
  const words = fileName.replace(/\.\w+$/, '').replaceAll(/[-_]+/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
