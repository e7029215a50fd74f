// BERT's way of making numbers of text ("uncased"): words without case and accents, and of words that are not in the
// vocabulary their longest pieces from the left.

const longestWord = 100;

export class WordPieces {
  /**
   * @param {readonly string[]} vocabulary pieces in the order of their numbers; one that begins a word begins with "▁"
   */
  constructor(vocabulary) {
    this.numbers = new Map(vocabulary.map((piece, number) => [piece, number]));
  }

  /**
   * The numbers of a text, from [CLS] to [SEP], at most `longest` of them.
   * @param {string} text
   */
  encode(text, longest = 256) {
    const pieces = wordsOf(text).flatMap((word) => this.#pieces(word));
    return ['[CLS]', ...pieces.slice(0, longest - 2), '[SEP]'].map((piece) => this.numbers.get(piece));
  }

  #pieces(word) {
    const pieces = [];
    const letters = [...`▁${word}`];
    let begin = 0;
    while (begin < letters.length) {
      let end = letters.length;
      // The mark of a word's beginning is no piece of a word.
      const shortest = begin === 0 ? 2 : begin + 1;
      while (end >= shortest && !this.numbers.has(letters.slice(begin, end).join(''))) --end;
      if (end < shortest || letters.length > longestWord) return ['[UNK]'];
      pieces.push(letters.slice(begin, end).join(''));
      begin = end;
    }
    return pieces;
  }
}

/** Words and signs; each sign, and each Chinese character, is one of its own. */
function wordsOf(text) {
  const plain = text
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase();
  return plain.match(/[\p{P}\p{Script=Han}$+<=>^`|~]|[^\s\p{P}\p{Script=Han}$+<=>^`|~]+/gu) ?? [];
}
