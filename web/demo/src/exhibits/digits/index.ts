// Handwritten digits: a network with fewer and fewer bits, and with as few once it is trained to do with them. Its code and data
// are fetched when it is opened.
import { deferred } from '../../page/deferred';
import { Work } from '../../page/work';
import type { Exhibit } from '../exhibit';

export function digits(): Exhibit {
  const work = new Work();
  return {
    name: 'digits',
    title: 'Handwriting',
    lead:
      'A small network reads the digit that you draw: as it was trained, folded to fewer and fewer bits, and trained to do with as ' +
      'few, here on your device.',
    finePrint:
      'What you draw stays on this device. The digits are of the MNIST database, by Yann LeCun and Corinna Cortes, under ' +
      'CC BY-SA 3.0. The network has never seen the 1,000 that its errors are counted on.',
    work,
    view: deferred(async () => (await import('./open')).openDigits(work), work),
  };
}
