// What is done on the workbench of digits: networks of fewer and fewer bits read what is on the pad, as one draws.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { effect, signal } from '@preact/signals';
import { seconds } from '../../page/format';
import type { Work } from '../../page/work';
import type { DigitSheet } from './digits';
import {
  answersOf,
  bitChoices,
  openFloat,
  openSheet,
  quantize,
  type Network,
  type NetworkId,
} from './networks';
import { Pad } from './pad';

/** What networks made of an image: the probability of each digit, by network. */
export interface Answers {
  image: Uint8Array;
  shares: ReadonlyMap<NetworkId, readonly number[]>;
}

/** The digit that is on the pad first. */
const firstSample = 374;

export class DigitBench {
  readonly work: Work;
  readonly pad = new Pad();
  readonly sheet = signal<DigitSheet | undefined>(undefined);
  readonly networks = signal<readonly Network[]>([]);
  readonly answers = signal<Answers | undefined>(undefined);
  #reading = false;

  constructor(work: Work) {
    this.work = work;
    // What is on the pad, and each network as it comes, is read.
    effect(() => {
      if (this.pad.image.value && this.networks.value.length > 0) void this.#read();
      else this.answers.value = undefined;
    });
  }

  /** Whether all networks are there. */
  get isOpen(): boolean {
    return this.networks.value.some(({ id }) => id === `static-${bitChoices.at(-1)}`);
  }

  /** Fetches the digits and the network and quantizes it, as far as that is not done. */
  async open(): Promise<void> {
    if (this.isOpen || this.work.activity.value) return;
    await this.work.perform(async (job) => {
      const begin = performance.now();
      const sheet = (this.sheet.value ??= await openSheet(job));
      this.pad.offer(sheet.validation, firstSample);
      const float = this.networks.value[0] ?? (await openFloat(sheet, job));
      this.networks.value = [float];
      for (const bits of bitChoices) {
        const made = await quantize(float, bits, sheet, job);
        this.networks.value = [...this.networks.value, made];
      }
      return `Ready in ${seconds(performance.now() - begin)}: draw, and all networks read.`;
    });
  }

  /** Has all networks read what is on the pad, until they have read what is there last. */
  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      for (;;) {
        const [image, networks] = [this.pad.image.value, this.networks.value];
        if (!image || isRead(image, networks, this.answers.value)) break;
        const shares = new Map<NetworkId, readonly number[]>();
        for (const { id, model } of networks) shares.set(id, (await answersOf(model, image))[0] ?? []);
        if (this.pad.image.value) this.answers.value = { image, shares };
      }
    } catch (error) {
      this.work.fail(error);
    } finally {
      this.#reading = false;
    }
  }
}

const isRead = (image: Uint8Array, networks: readonly Network[], answers: Answers | undefined) =>
  answers?.image === image && networks.every(({ id }) => answers.shares.has(id));

export const BenchContext = createContext<DigitBench | undefined>(undefined);

/** The workbench that a view stands on. */
export function useBench(): DigitBench {
  const bench = useContext(BenchContext);
  if (!bench) throw new Error('a view of digits stands outside of its workbench');
  return bench;
}
