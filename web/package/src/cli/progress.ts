// A progress bar on stderr, when that is a terminal.
import { SingleBar } from 'cli-progress';
import type { Progress } from '../options.js';

/** Progress of a call, or of a command that makes many. */
export type AnyProgress = Omit<Progress, 'phase'> & { phase: Progress['phase'] | 'run' };

const phaseNames: Record<AnyProgress['phase'], string> = {
  download: 'reading',
  parse: 'parsing',
  calibrate: 'calibrating',
  quantize: 'quantizing',
  compile: 'warming up',
  compare: 'comparing',
  run: 'running',
};

/** From when on a phase is long enough to say when it ends, in seconds. */
const longPhase = 2;

/** How long a phase still takes, for people; empty while it is short, or nobody can tell. */
export function timeLeft({ loaded, total }: Pick<Progress, 'loaded' | 'total'>, elapsed: number): string {
  if (elapsed < longPhase || total === undefined || loaded <= 0 || loaded >= total) return '';
  const seconds = Math.ceil((elapsed * (total - loaded)) / loaded);
  if (seconds < 60) return `${seconds} s left`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s left`;
}

/** Does `work`, showing what it reports unless that is not wanted. The bar is gone afterwards. */
export async function withProgressBar<T>(
  { quiet = false }: { quiet?: boolean },
  work: (onProgress: (progress: AnyProgress) => void) => Promise<T>,
): Promise<T> {
  if (quiet || !process.stderr.isTTY) return work(() => {});
  const bar = new SingleBar({
    format: '{phase} {bar} {percentage} % {left}',
    clearOnComplete: true,
    hideCursor: true,
    stream: process.stderr,
    barsize: 30,
  });
  let phase: AnyProgress['phase'] | undefined;
  let begin = 0;
  bar.start(1, 0, { phase: '', left: '' });
  try {
    return await work((progress) => {
      const { loaded, total } = progress;
      if (phase !== progress.phase) [phase, begin] = [progress.phase, performance.now()];
      const left = timeLeft(progress, (performance.now() - begin) / 1e3);
      bar.setTotal(total ?? Math.max(1, loaded));
      bar.update(loaded, { phase: phaseNames[progress.phase].padEnd(11), left });
    });
  } finally {
    bar.stop();
  }
}
