// What the page fetches when the exhibit is opened.
import type { ComponentChild } from 'preact';
import type { Work } from '../../page/work';
import { BenchContext, DigitBench } from './bench';
import './styles.css';
import { DigitsView } from './views/digits-view';

export function openDigits(work: Work): () => ComponentChild {
  const bench = new DigitBench(work);
  return () => (
    <BenchContext.Provider value={bench}>
      <DigitsView />
    </BenchContext.Provider>
  );
}
