/** Something that the visitor can understand and act upon; the message is a sentence for them. */
export class Problem extends Error {
  override readonly name = 'Problem';
}
