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
  type Bits,
  type Network,
  type NetworkId,
} from './networks';
import { Pad } from './pad';
import { Training } from './training';

/** What networks made of an image: the probability of each digit, by network, and which network that was. */
export interface Answers {
  image: Uint8Array;
  shares: ReadonlyMap<NetworkId, readonly number[]>;
  by: ReadonlySet<Network>;
}

/** The digit that is on the pad first. */
const firstSample = 374;

export class DigitBench {
  readonly work: Work;
  readonly pad = new Pad();
  readonly sheet = signal<DigitSheet | undefined>(undefined);
  readonly networks = signal<readonly Network[]>([]);
  readonly answers = signal<Answers | undefined>(undefined);
  readonly training: Training;
  #reading = false;

  constructor(work: Work) {
    this.work = work;
    this.training = new Training({
      work,
      sheet: () => this.sheet.value,
      float: () => this.#networkOf('float'),
      show: (trained) => this.#showTrained(trained),
    });
    // What is on the pad, and each network as it comes, is read.
    effect(() => {
      if (this.pad.image.value && this.networks.value.length > 0) void this.#read();
      else this.answers.value = undefined;
    });
  }

  /** Whether all networks are there. */
  get isOpen(): boolean {
    return bitChoices.every((bits) => this.#networkOf(`static-${bits}`));
  }

  /** Fetches the digits and the network and quantizes it, as far as that is not done. */
  async open(): Promise<void> {
    if (this.isOpen || this.work.activity.value) return;
    await this.work.perform(async (job) => {
      const begin = performance.now();
      const sheet = (this.sheet.value ??= await openSheet(job));
      this.pad.offer(sheet.validation, firstSample);
      const float = this.#networkOf('float') ?? (await openFloat(sheet, job));
      this.#add(float);
      for (const bits of bitChoices) {
        this.#add(this.#networkOf(`static-${bits}`) ?? (await quantize(float, bits, sheet, job)));
      }
      return `Ready in ${seconds(performance.now() - begin)}: draw, and all networks read.`;
    });
  }

  /** Writes the trained network as a file. */
  download(save: (bytes: Uint8Array, name: string) => void): Promise<void> {
    return this.work.attempt(async () => {
      const trained = this.#networkOf('trained');
      if (trained) save(await trained.model.toOnnx(), trainedFile(this.training.made.value?.bits ?? 8));
    });
  }

  #networkOf(id: NetworkId): Network | undefined {
    return this.networks.value.find((network) => network.id === id);
  }

  #add(network: Network): void {
    if (!this.#networkOf(network.id)) this.networks.value = [...this.networks.value, network];
  }

  #showTrained(trained: Network | undefined): void {
    const former = this.#networkOf('trained');
    const others = this.networks.value.filter((network) => network !== former);
    this.networks.value = trained ? [...others, trained] : others;
    // What it still runs is done before.
    former?.model.dispose();
  }

  /** Has all networks read what is on the pad, until each has read what is there last. */
  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      for (;;) {
        const image = this.pad.image.value;
        const known = this.answers.value?.image === image ? this.answers.value : undefined;
        const network = this.networks.value.find((each) => !known?.by.has(each));
        if (!image || !network) break;
        const [shares = []] = await answersOf(network.model, image);
        this.#note(image, network, shares);
      }
    } catch (error) {
      this.work.fail(error);
    } finally {
      this.#reading = false;
    }
  }

  /** Answers to the last image stay until there are others. */
  #note(image: Uint8Array, network: Network, shares: readonly number[]): void {
    if (!this.pad.image.value) return;
    const { answers } = this;
    const by = answers.value?.image === image ? answers.value.by : [];
    const present = new Set(this.networks.value.map(({ id }) => id));
    const kept = [...(answers.value?.shares ?? [])].filter(([id]) => present.has(id));
    answers.value = {
      image,
      shares: new Map([...kept, [network.id, shares]]),
      by: new Set([...by, network]),
    };
  }
}

/** What the trained network is called when it is kept. */
export const trainedFile = (bits: Bits) => `digits.trained-${bits}-bit.onnx`;

export const BenchContext = createContext<DigitBench | undefined>(undefined);

/** The workbench that a view stands on. */
export function useBench(): DigitBench {
  const bench = useContext(BenchContext);
  if (!bench) throw new Error('a view of digits stands outside of its workbench');
  return bench;
}
