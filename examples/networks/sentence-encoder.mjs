// Sentences as points, near to one another where they mean the like, with all-MiniLM-L6-v2. For pages and Node alike.
import { Tensor } from 'octavo';

export class SentenceEncoder {
  /**
   * @param {import('octavo').Model} model
   * @param {import('./word-pieces.mjs').WordPieces} tokenizer
   */
  constructor(model, tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /**
   * A vector of length 1 of each sentence.
   * @param {readonly string[]} sentences
   * @returns {Promise<Float32Array[]>}
   */
  async embed(sentences) {
    const feeds = this.feeds(sentences);
    const { last_hidden_state: states } = await this.model.run(feeds);
    const [, length, size] = states.dims;
    const data = /** @type {Float32Array} */ (states.data);
    return sentences.map((_, row) => {
      const sum = new Float32Array(size);
      for (let at = 0; at < length; ++at) {
        if (feeds.attention_mask.data[row * length + at] === 0n) continue;
        const begin = (row * length + at) * size;
        for (let i = 0; i < size; ++i) sum[i] += data[begin + i];
      }
      const norm = Math.hypot(...sum);
      return sum.map((value) => value / norm);
    });
  }

  /**
   * What the network is fed with: a row a sentence, as long as the longest.
   * @param {readonly string[]} sentences
   */
  feeds(sentences) {
    const rows = sentences.map((sentence) => this.tokenizer.encode(sentence));
    const length = Math.max(...rows.map((row) => row.length));
    const tensor = (valueAt) =>
      new Tensor(
        'int64',
        BigInt64Array.from({ length: rows.length * length }, (_, index) =>
          BigInt(valueAt(rows[Math.floor(index / length)], index % length)),
        ),
        [rows.length, length],
      );
    return {
      input_ids: tensor((row, at) => row[at] ?? 0),
      attention_mask: tensor((row, at) => Number(at < row.length)),
      token_type_ids: tensor(() => 0),
    };
  }

  /** The same in eight bits. */
  async quantize() {
    return new SentenceEncoder(await this.model.quantizeDynamic(), this.tokenizer);
  }

  dispose() {
    this.model.dispose();
  }
}

/**
 * The cosine of the angle between two vectors of length 1.
 * @param {Float32Array} a
 * @param {Float32Array} b
 */
export const likeness = (a, b) => a.reduce((sum, value, index) => sum + value * b[index], 0);
