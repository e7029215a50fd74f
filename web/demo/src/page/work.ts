// One piece of work at a time: its progress, its cancellation, its failure.
import { OctavoError, type Progress } from 'octavo';
import { signal } from '@preact/signals';
import { Problem } from './problem';

/** What is being done, for the progress bar. */
export interface Activity {
  title: string;
  unit: 'bytes' | 'pictures' | 'words' | 'runs' | 'methods' | 'steps' | 'none';
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

/** The work of one exhibit. */
export class Work {
  readonly activity = signal<Activity | undefined>(undefined);
  /** The last failure, until it is dismissed or more work begins. */
  readonly failure = signal<string | undefined>(undefined);
  /** How the last piece of work ended, in words. */
  readonly outcome = signal<string>('');
  #controller: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  /** Cancels what is under way, if anything, and then does `work`. Its failure is shown, not thrown. */
  perform(work: (job: Job) => Promise<string>): Promise<void> {
    this.cancel();
    const own = new AbortController();
    this.#controller = own;
    this.failure.value = undefined;
    this.#running = this.#running.then(async () => {
      const job: Job = {
        signal: own.signal,
        report: (news) => {
          this.activity.value = { unit: 'none', loaded: 0, total: undefined, restartable: false, ...news };
        },
      };
      try {
        own.signal.throwIfAborted();
        this.outcome.value = await work(job);
      } catch (error) {
        if (own.signal.aborted) this.outcome.value = 'Cancelled.';
        else this.fail(error);
      }
      this.activity.value = undefined;
    });
    return this.#running;
  }

  cancel(): void {
    this.#controller?.abort();
  }

  /** Shows what went wrong in a sentence. */
  fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const known = error instanceof OctavoError || error instanceof Problem;
    const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
    this.failure.value = known
      ? sentence.charAt(0).toUpperCase() + sentence.slice(1)
      : `Something broke: ${sentence}`;
  }

  /** Does something that is quick; its failure is shown, not thrown. */
  async attempt(action: () => Promise<void> | void): Promise<void> {
    try {
      this.failure.value = undefined;
      await action();
    } catch (error) {
      this.fail(error);
    }
  }
}

const phases: Record<Progress['phase'], Pick<Activity, 'title' | 'unit'>> = {
  download: { title: 'Fetching the network', unit: 'bytes' },
  parse: { title: 'Reading the network', unit: 'none' },
  calibrate: { title: 'Watching ranges', unit: 'pictures' },
  quantize: { title: 'Folding weights into eight bits', unit: 'none' },
  compile: { title: 'Preparing the networks', unit: 'none' },
  compare: { title: 'Running in turns', unit: 'runs' },
};

/** The package's progress as an activity. */
export const activityOf = ({ phase, loaded, total }: Progress): Omit<Activity, 'restartable'> =>
  phases[phase].unit === 'none'
    ? { ...phases[phase], loaded: 0, total: undefined }
    : { ...phases[phase], loaded, total };
