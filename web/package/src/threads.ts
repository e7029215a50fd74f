// The threads of an engine beside its own: how many there are, and how they begin and end.
import { OctavoError, messageOf } from './error.js';
import type { NativeThreadStart } from './native.js';

/** How many threads compute, and a sentence of why. */
export interface ThreadChoice {
  threads: number;
  why: string;
}

/** More than these gain little: memory is shared, and phones have as many fast cores at most. */
const mostByDefault = 4;
const most = 64;

/**
 * The number of threads to try for; `none` is why there can be no more than one.
 * @throws OctavoError `InvalidOption`
 */
export function chooseThreads(wanted: number | 'auto', cores: number, none?: string): ThreadChoice {
  if (wanted !== 'auto' && !(Number.isInteger(wanted) && wanted >= 1 && wanted <= most)) {
    throw new OctavoError(
      'InvalidOption',
      `option 'threads' is 'auto' or a whole number from 1 to ${most}, not ${String(wanted)}`,
    );
  }
  if (wanted === 1) return { threads: 1, why: 'asked for' };
  if (none !== undefined) return { threads: 1, why: none };
  // Browsers share memory between threads only on pages that are isolated from other origins; Node always does.
  if (globalThis.crossOriginIsolated === false)
    return { threads: 1, why: 'the page is not cross-origin isolated' };
  if (typeof SharedArrayBuffer === 'undefined')
    return { threads: 1, why: 'this browser shares no memory between threads' };
  if (wanted !== 'auto') return { threads: wanted, why: 'asked for' };
  const threads = Math.min(cores, mostByDefault);
  return { threads, why: cores === 1 ? 'there is one core' : `there are ${cores} cores` };
}

/**
 * `answer`, or an error where it does not come. Time counts only while this thread has turns: a busy one would not see what
 * has come.
 */
export function answerWithin<T>(seconds: number, answer: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const turnMs = 250;
    let turns = (1000 * seconds) / turnMs;
    const timer = setInterval(() => {
      if (--turns === 0) end(() => reject(new Error(`it does not answer within ${seconds} seconds`)));
    }, turnMs);
    const end = (settle: () => void) => {
      clearInterval(timer);
      settle();
    };
    answer.then(
      (value) => end(() => resolve(value)),
      (error: Error) => end(() => reject(error)),
    );
  });
}

/** Whether this thread may sleep until another wakes it, which browsers forbid to that of a page. */
export function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}

/**
 * Memory for a module that is compiled for shared memory. Its largest size has to be said at once, and some phones refuse
 * to reserve as much as pointers reach.
 */
export function sharedMemory(): WebAssembly.Memory {
  const initial = 256;
  for (let maximum = 65_536; ; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial, maximum, shared: true });
    } catch (error) {
      if (maximum <= 4096) throw error;
    }
  }
}

/** What a thread is told: the module to instantiate, the memory to do so on, and the function to call. */
export interface ThreadStart extends NativeThreadStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
}

/** A worker that is about to be a thread. */
export interface Thread {
  /** Resolves when the thread computes; rejects where it cannot. */
  begin(start: ThreadStart): Promise<void>;
  end(): void;
}

/** How long a thread has to answer once the engine is there: its script has been loading since before. */
const patienceSeconds = 5;

/**
 * The threads of one engine. They are workers of whoever makes the engine and not of the engine's own worker: Firefox now
 * and then does not come back from starting a worker in a worker.
 */
export class Team {
  readonly #threads: Thread[] = [];
  #problem: unknown;

  /** Starts workers for `threads` of which one is the engine's; they load their script while the .wasm compiles. */
  constructor(threads: number, newThread: () => Thread) {
    try {
      while (this.#threads.length + 1 < threads) this.#threads.push(newThread());
    } catch (error) {
      this.#problem = error;
    }
  }

  /**
   * Lets the threads compute; tells how many there are in the end, the engine's included, and why that is not all. One
   * that does not answer is not waited for; it may still come later.
   */
  async begin(starts: readonly ThreadStart[]): Promise<{ threads: number; why: string | undefined }> {
    let threads = 1;
    await Promise.all(
      this.#threads.map(async (thread, i) => {
        try {
          const start = starts[i];
          if (!start) return;
          await answerWithin(patienceSeconds, thread.begin(start));
          ++threads;
        } catch (error) {
          this.#problem = error;
        }
      }),
    );
    const missing = starts.length + 1 - threads;
    const why = missing > 0 ? `a thread's worker does not start: ${messageOf(this.#problem)}` : undefined;
    return { threads, why };
  }

  end(): void {
    for (const thread of this.#threads) thread.end();
  }
}
