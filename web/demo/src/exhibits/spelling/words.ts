/** The words of a text, in the letters that the networks know. */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[\p{Mn}'’]/gu, '')
    .match(/[a-z]+/g) ?? [];
