// Spelling to sound, a small translation: a GRU reads the letters of a word, another says its phonemes one by one, each time
// the likeliest (greedy decoding). For pages and Node alike; models/README.md describes both networks.
import { Tensor } from 'octavo';

const [begin, end, unknown] = ['<s>', '</s>', '<unk>'];
/** As g2p-en has it. */
const longest = 20;

export class Speller {
  /**
   * @param {import('octavo').Model} encoder letters and lengths → state
   * @param {import('octavo').Model} decoder phoneme and state → logits and state
   */
  constructor(encoder, decoder) {
    this.encoder = encoder;
    this.decoder = decoder;
    /** @type {string[]} */
    this.letters = JSON.parse(encoder.describe().metadata.letters);
    /** @type {string[]} */
    this.phonemes = JSON.parse(decoder.describe().metadata.phonemes);
  }

  /**
   * The phonemes of each word, for a batch of them. Letters are a to z; others count as unknown.
   * @param {readonly string[]} words
   * @param {{ encoder: object[], decoder: object[] }} [fed] what both networks are fed is added to it
   * @returns {Promise<string[][]>}
   */
  async say(words, fed) {
    const [first, last] = [begin, end].map((name) => this.phonemes.indexOf(name));
    const spelt = this.spell(words);
    fed?.encoder.push(spelt);
    const { state } = await this.encoder.run(spelt);
    /** @type {string[][]} */
    const spoken = words.map(() => []);
    const saying = words.map(() => true);
    let feeds = { phonemes: new Tensor('int32', new Int32Array(words.length).fill(first)), state };
    for (let step = 0; step < longest && saying.includes(true); ++step) {
      fed?.decoder.push(rowsOf(feeds, saying));
      const { logits, next_state } = await this.decoder.run(feeds);
      const said = likeliest(logits);
      said.forEach((phoneme, word) => {
        saying[word] &&= phoneme !== last;
        if (saying[word]) spoken[word].push(this.phonemes[phoneme]);
      });
      feeds = { phonemes: new Tensor('int32', said), state: next_state };
    }
    return spoken;
  }

  /**
   * The encoder's feeds: the letters' numbers, a row a word, as long as the longest.
   * @param {readonly string[]} words
   */
  spell(words) {
    const spelt = words.map((word) => [...word, end].map((letter) => this.#numberOf(letter)));
    const length = Math.max(...spelt.map((numbers) => numbers.length));
    const rows = spelt.flatMap((numbers) => [...numbers, ...Array(length - numbers.length).fill(0)]);
    return {
      letters: new Tensor('int32', rows, [words.length, length]),
      lengths: new Tensor(
        'int32',
        spelt.map((numbers) => numbers.length),
      ),
    };
  }

  #numberOf(letter) {
    const number = this.letters.indexOf(letter);
    return number >= 0 ? number : this.letters.indexOf(unknown);
  }

  /** The same in eight bits. */
  async quantize() {
    return new Speller(await this.encoder.quantizeDynamic(), await this.decoder.quantizeDynamic());
  }

  /**
   * The same with weights of four bits.
   * @param {import('octavo').WeightsOptions} options
   * @param {readonly string[]} [words] that the weights are rounded for: to the nearest without any
   */
  async quantizeWeights(options, words = []) {
    const fed = { encoder: [], decoder: [] };
    // Of one length at a time, as padding is nothing to learn from.
    const lengths = new Set(words.map((word) => word.length));
    for (const length of lengths)
      await this.say(
        words.filter((word) => word.length === length),
        fed,
      );
    const quantize = (model, calibration) =>
      model.quantizeWeights({ bits: 4, ...options, ...(calibration.length > 0 && { calibration }) });
    return new Speller(await quantize(this.encoder, fed.encoder), await quantize(this.decoder, fed.decoder));
  }

  /** Of both files. */
  async bytes() {
    const files = await Promise.all([this.encoder.toOnnx(), this.decoder.toOnnx()]);
    return files.reduce((sum, file) => sum + file.byteLength, 0);
  }

  dispose() {
    this.encoder.dispose();
    this.decoder.dispose();
  }
}

/** Those rows of tensors that are still wanted. */
function rowsOf(feeds, wanted) {
  const count = wanted.filter(Boolean).length;
  return Object.fromEntries(
    Object.entries(feeds).map(
      ([
        name,
        {
          type,
          data,
          dims: [rows, ...rest],
        },
      ]) => {
        const width = data.length / rows;
        const kept = data.filter((_, place) => wanted[Math.floor(place / width)]);
        return [name, new Tensor(type, kept, [count, ...rest])];
      },
    ),
  );
}

/**
 * The place of the largest number of each row.
 * @param {Tensor} logits
 */
function likeliest({ data, dims: [rows, columns] }) {
  return Int32Array.from({ length: rows }, (_, row) => {
    let best = row * columns;
    for (let at = best; at < (row + 1) * columns; ++at) if (data[at] > data[best]) best = at;
    return best - row * columns;
  });
}

/**
 * Phoneme error rate: phonemes to insert, to drop or to replace, as a share of those of the right pronunciation; where a word
 * has several, the nearest counts.
 * @param {readonly string[][]} spoken
 * @param {readonly string[][][]} pronunciations of each word
 */
export function phonemeErrorRate(spoken, pronunciations) {
  let [errors, phonemes] = [0, 0];
  spoken.forEach((said, word) => {
    const nearest = pronunciations[word]
      .map((right) => ({ errors: editDistance(said, right), phonemes: right.length }))
      .sort((a, b) => a.errors / a.phonemes - b.errors / b.phonemes)[0];
    errors += nearest.errors;
    phonemes += nearest.phonemes;
  });
  return errors / phonemes;
}

/**
 * Words with their pronunciations, of a text in the form of cmudict: a line has a word and one of its pronunciations.
 * @param {string} text
 * @returns {Map<string, string[][]>}
 */
export function readDictionary(text) {
  const entries = new Map();
  for (const line of text.trim().split('\n')) {
    const [word, ...phonemes] = line.split(/ +/);
    entries.set(word, [...(entries.get(word) ?? []), phonemes]);
  }
  return entries;
}

/** Levenshtein's: the fewest insertions, deletions and replacements. */
function editDistance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, place) => place);
  from.forEach((item, index) => {
    const next = [index + 1];
    to.forEach((other, place) => {
      next.push(Math.min(next[place] + 1, row[place + 1] + 1, row[place] + Number(item !== other)));
    });
    row = next;
  });
  return row[to.length];
}
