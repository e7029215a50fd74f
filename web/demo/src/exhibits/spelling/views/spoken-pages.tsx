// The open book: how each network says the word, and the ratios in the fold between them.
import { fileSize, milliseconds } from '../../../page/format';
import { Ratio } from '../../../page/ratio';
import { useBench } from '../bench';
import { differences } from '../differences';
import type { Side } from '../networks';

export function SpokenPages() {
  const bench = useBench();
  const bytes = bench.networks.value?.bytes;
  const ms = bench.spoken.value?.ms;
  return (
    <section class="pages" aria-label="Comparison" aria-busy={bench.work.activity.value !== undefined}>
      <Page side="float" other="quantized" title="float32" />
      <div class="fold">
        <Ratio
          value={bytes && bytes.float / bytes.quantized}
          words={['smaller', 'larger']}
          testId="ratio-size"
        />
        <Ratio value={ms && ms.float / ms.quantized} words={['faster', 'slower']} testId="ratio-time" />
      </div>
      <Page side="quantized" other="float" title="int8" />
    </section>
  );
}

function Page({ side, other, title }: { side: Side; other: Side; title: string }) {
  const bench = useBench();
  const spoken = bench.spoken.value;
  const bytes = bench.networks.value?.bytes[side];
  const ms = spoken?.ms?.[side];
  return (
    <article class={`page ${side}`} aria-labelledby={`title-${side}`} data-testid={`page-${side}`}>
      <h2 id={`title-${side}`}>{title}</h2>
      <div class="sounds" data-testid={`sounds-${side}`}>
        {spoken && spoken.words.length > 0
          ? spoken.words.map((word, index) => (
              <Sounds
                key={index}
                word={word}
                phonemes={spoken.phonemes[side][index] ?? []}
                others={spoken.phonemes[other][index] ?? []}
              />
            ))
          : '–'}
      </div>
      <dl class="figures">
        <div>
          <dt>Size</dt>
          <dd data-testid={`bytes-${side}`}>{bytes === undefined ? '–' : fileSize(bytes)}</dd>
        </div>
        <div>
          <dt>Time a word</dt>
          <dd data-testid={`ms-${side}`}>{ms === undefined ? '–' : milliseconds(ms)}</dd>
        </div>
      </dl>
    </article>
  );
}

/** The phonemes of a word; those that the other network says otherwise are marked. */
function Sounds({ word, phonemes, others }: { word: string; phonemes: string[]; others: string[] }) {
  const differs = differences(phonemes, others);
  return (
    <p aria-label={`${word}: ${phonemes.join(' ')}`}>
      {phonemes.map((phoneme, index) => (
        <Phoneme key={index} phoneme={phoneme} differs={differs[index] ?? false} />
      ))}
    </p>
  );
}

function Phoneme({ phoneme, differs }: { phoneme: string; differs: boolean }) {
  const [, letters, stress] = /^(\D+)(\d?)$/.exec(phoneme) ?? ['', phoneme, ''];
  const kinds = ['phoneme', stress === '1' && 'stressed', differs && 'differs'].filter(Boolean);
  return (
    <>
      <span class={kinds.join(' ')}>
        {letters}
        {stress && <sup>{stress}</sup>}
      </span>{' '}
    </>
  );
}
