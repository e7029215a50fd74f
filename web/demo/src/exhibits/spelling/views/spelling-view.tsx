// The exhibit, from top to bottom.
import { useEffect } from 'preact/hooks';
import { fileSize } from '../../../page/format';
import { Recipe } from '../../../page/recipe';
import { Term } from '../../../page/term';
import { networkBytes } from '../assets';
import { useBench } from '../bench';
import { codeOf } from '../code';
import { share } from '../share';
import { ErrorRates } from './error-rates';
import { SpokenPages } from './spoken-pages';
import { Status } from './status';
import { WordForm } from './word-form';

export function SpellingView() {
  const bench = useBench();
  useEffect(() => {
    void bench.open();
    return share(bench);
  }, [bench]);
  return (
    <>
      <section class="subject" aria-label="Networks">
        <div class="network">
          <h2>g2p-en</h2>
          <p>
            two layers of <Term of="GRU">GRU</Term>, trained on the CMU Pronouncing Dictionary, fetched as
            16-bit floats: <span class="size">{fileSize(networkBytes)}</span>
          </p>
        </div>
      </section>
      <WordForm />
      <SpokenPages />
      <Status />
      <section class="findings spelling" aria-label="Findings">
        <ErrorRates />
        <Recipe title="The same in four lines" code={codeOf(bench.text.value)} />
      </section>
    </>
  );
}
