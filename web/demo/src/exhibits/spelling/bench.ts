// What is done on the workbench of spelling: words are said by both networks as one types, timed, and counted in a dictionary.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { signal } from '@preact/signals';
import { phonemeErrorRate, readDictionary, type Speller } from '../../../../../examples/networks/speller.mjs';
import { cachedFetch } from '../../page/cached-fetch';
import { seconds } from '../../page/format';
import { Work, type Job } from '../../page/work';
import { dictionaryUrl, sampleWords } from './assets';
import { openSpellers, type Both, type Spellers } from './networks';
import { wordsOf } from './words';

/** Runs of each network for one text, taking turns. */
export const turns = 9;
/** How many words of the dictionary are said at once. */
const batchSize = 100;

/** What was made of a text: phonemes of each word, and milliseconds a word once they are measured. */
export interface Spoken {
  text: string;
  words: readonly string[];
  phonemes: Both<string[][]>;
  ms: Both<number> | undefined;
}

export class SpellingBench {
  readonly work = new Work();
  readonly text = signal(sampleWords[0] ?? '');
  readonly networks = signal<Spellers | undefined>(undefined);
  readonly spoken = signal<Spoken | undefined>(undefined);
  /** Phoneme error rates on the words of the dictionary. */
  readonly errorRates = signal<Both<number> | undefined>(undefined);
  #speaking = false;

  /** Fetches the networks, unless they are there. */
  async open(): Promise<void> {
    if (this.networks.value || this.work.activity.value) return;
    await this.work.perform(async (job) => {
      const begin = performance.now();
      this.networks.value = await openSpellers(job);
      return `Ready in ${seconds(performance.now() - begin)}: type, and both networks speak.`;
    });
    await this.#speak();
  }

  /** Has both networks say what was typed; what is typed meanwhile is said next. */
  type(text: string): Promise<void> {
    this.text.value = text;
    return this.#speak();
  }

  /** Counts the errors of both networks on words of the dictionary. */
  async countErrors(): Promise<void> {
    await this.work.perform(async (job) => {
      const { spellers } = this.networks.value ?? {};
      if (!spellers) return '';
      job.report({ title: 'Fetching the dictionary' });
      const response = await cachedFetch(dictionaryUrl, job.signal);
      const dictionary = readDictionary(await response.text());
      const report = (side: number) => (done: number) =>
        job.report({
          title: 'Saying words of the dictionary',
          unit: 'words',
          loaded: side * dictionary.size + done,
          total: 2 * dictionary.size,
        });
      const float = await rateOf(spellers.float, dictionary, job, report(0));
      const quantized = await rateOf(spellers.quantized, dictionary, job, report(1));
      this.errorRates.value = { float, quantized };
      return `Counted on ${dictionary.size} words.`;
    });
    await this.#speak();
  }

  async #speak(): Promise<void> {
    if (this.#speaking) return;
    this.#speaking = true;
    try {
      while (this.networks.value && this.#isUnsaid) await this.#say(this.networks.value, this.text.value);
    } catch (error) {
      this.work.fail(error);
    } finally {
      this.#speaking = false;
    }
  }

  /** What was typed is not what was said, or was said while there was no time to measure. */
  get #isUnsaid(): boolean {
    const said = this.spoken.value;
    if (said?.text !== this.text.value) return true;
    return said.words.length > 0 && said.ms === undefined && !this.#busy;
  }

  get #busy(): boolean {
    return this.work.activity.value !== undefined;
  }

  /** Shows what both make of a text at once, and then how long that takes, unless another was typed. */
  async #say({ spellers: { float, quantized } }: Spellers, text: string): Promise<void> {
    const words = wordsOf(text);
    const say = async (speller: Speller) => (words.length > 0 ? await speller.say(words) : []);
    const phonemes = { float: await say(float), quantized: await say(quantized) };
    this.spoken.value = { text, words, phonemes, ms: undefined };
    if (words.length === 0) return;
    const times: Both<number[]> = { float: [], quantized: [] };
    for (let turn = 0; turn < turns; ++turn) {
      for (const [speller, taken] of [
        [float, times.float],
        [quantized, times.quantized],
      ] as const) {
        if (this.text.value !== text || this.#busy) return;
        const begin = performance.now();
        await speller.say(words);
        taken.push((performance.now() - begin) / words.length);
      }
    }
    const ms = { float: median(times.float), quantized: median(times.quantized) };
    this.spoken.value = { text, words, phonemes, ms };
  }
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

async function rateOf(
  speller: Speller,
  dictionary: Map<string, string[][]>,
  { signal }: Job,
  report: (done: number) => void,
): Promise<number> {
  const words = [...dictionary.keys()];
  const spoken: string[][] = [];
  while (spoken.length < words.length) {
    signal.throwIfAborted();
    report(spoken.length);
    spoken.push(...(await speller.say(words.slice(spoken.length, spoken.length + batchSize))));
  }
  return phonemeErrorRate(spoken, [...dictionary.values()]);
}

export const BenchContext = createContext<SpellingBench | undefined>(undefined);

/** The workbench that a view stands on. */
export function useBench(): SpellingBench {
  const bench = useContext(BenchContext);
  if (!bench) throw new Error('a view of spelling stands outside of its workbench');
  return bench;
}
