// One piece of work at a time: its progress, its cancellation, its failure.
import { OctavoError, type Progress } from 'octavo';
import { signal } from '@preact/signals';
import { Problem } from '../problem';

/** What is being done, for the progress bar. */
export interface Activity {
  title: string;
  unit: 'bytes' | 'photos' | 'runs' | 'none';
  loaded: number;
  /** Undefined while unknown. */
  total: number | undefined;
  /** Whether a new picture may interrupt it to begin anew. */
  restartable: boolean;
}

/** What a piece of work is given. */
export interface Job {
  signal: AbortSignal;
  report: (activity: Partial<Activity> & Pick<Activity, 'title'>) => void;
}

export const activity = signal<Activity | undefined>(undefined);
/** The last failure, until it is dismissed or more work begins. */
export const failure = signal<string | undefined>(undefined);
/** How the last piece of work ended, in words. */
export const outcome = signal<string>('');

let controller: AbortController | undefined;
let running: Promise<void> = Promise.resolve();

/** Cancels what is under way, if anything, and then does `work`. Its failure is shown, not thrown. */
export function perform(work: (job: Job) => Promise<string>): Promise<void> {
  controller?.abort();
  const own = new AbortController();
  controller = own;
  failure.value = undefined;
  running = running.then(async () => {
    const job: Job = {
      signal: own.signal,
      report: (news) => {
        activity.value = { unit: 'none', loaded: 0, total: undefined, restartable: false, ...news };
      },
    };
    try {
      own.signal.throwIfAborted();
      outcome.value = await work(job);
    } catch (error) {
      if (own.signal.aborted) outcome.value = 'Cancelled.';
      else fail(error);
    }
    activity.value = undefined;
  });
  return running;
}

export function cancel(): void {
  controller?.abort();
}

/** Shows what went wrong in a sentence. */
export function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const known = error instanceof OctavoError || error instanceof Problem;
  const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
  failure.value = known
    ? sentence.charAt(0).toUpperCase() + sentence.slice(1)
    : `Something broke: ${sentence}`;
}

const phases: Record<Progress['phase'], Pick<Activity, 'title' | 'unit'>> = {
  download: { title: 'Fetching the network', unit: 'bytes' },
  parse: { title: 'Reading the network', unit: 'none' },
  calibrate: { title: 'Watching ranges', unit: 'photos' },
  quantize: { title: 'Folding weights into eight bits', unit: 'none' },
  compile: { title: 'Preparing both networks', unit: 'none' },
  compare: { title: 'Running both in turns', unit: 'runs' },
};

/** The package's progress as an activity. */
export const activityOf = ({ phase, loaded, total }: Progress): Omit<Activity, 'restartable'> =>
  phases[phase].unit === 'none'
    ? { ...phases[phase], loaded: 0, total: undefined }
    : { ...phases[phase], loaded, total };
