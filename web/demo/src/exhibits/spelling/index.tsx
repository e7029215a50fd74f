// Networks that say how English words sound, as they are and in eight bits.
import type { Exhibit } from '../exhibit';
import { BenchContext, SpellingBench } from './bench';
import { SpellingView } from './views/spelling-view';

export function spelling(): Exhibit {
  const bench = new SpellingBench();
  return {
    name: 'spelling',
    title: 'Spelling to sound',
    lead:
      'A small translation as you type: one network reads the letters of a word, another says its sounds, both as ' +
      'they were trained and folded to 8-bit integers, here on your device.',
    finePrint:
      'What you type stays on this device. The networks are those of g2p-en, by Kyubyong Park and Jongseok Kim, trained on ' +
      'the CMU Pronouncing Dictionary, which is Carnegie Mellon University’s; English spelling being what it is, they are ' +
      'sometimes wrong.',
    work: bench.work,
    view: () => (
      <BenchContext.Provider value={bench}>
        <SpellingView />
      </BenchContext.Provider>
    ),
  };
}
