// A progress bar on stderr, when that is a terminal.
import { SingleBar } from 'cli-progress';
import type { Progress } from '../options.js';

const phaseNames: Record<Progress['phase'], string> = {
  download: 'reading',
  parse: 'parsing',
  calibrate: 'calibrating',
  quantize: 'quantizing',
  compile: 'warming up',
  compare: 'comparing',
};

/** Does `work`, showing what it reports. The bar is gone afterwards. */
export async function withProgressBar<T>(
  work: (onProgress: (progress: Progress) => void) => Promise<T>,
): Promise<T> {
  if (!process.stderr.isTTY) return work(() => {});
  const format = '{phase} {bar} {percentage} %';
  const bar = new SingleBar({
    format,
    clearOnComplete: true,
    hideCursor: true,
    stream: process.stderr,
    barsize: 30,
  });
  bar.start(1, 0, { phase: '' });
  try {
    return await work(({ phase, loaded, total }) => {
      bar.setTotal(total ?? Math.max(1, loaded));
      bar.update(loaded, { phase: phaseNames[phase].padEnd(11) });
    });
  } finally {
    bar.stop();
  }
}
