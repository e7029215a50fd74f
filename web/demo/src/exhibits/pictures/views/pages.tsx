// The open book: what each network says of the picture, and the ratios in the fold between them.
import { useEffect, useRef } from 'preact/hooks';
import { bringIntoView } from '../../../page/bring-into-view';
import { fileSize, milliseconds } from '../../../page/format';
import { Ratio } from '../../../page/ratio';
import { useBench, type PictureBench } from '../workbench';
import { Guesses } from './guesses';

export function Pages() {
  const bench = useBench();
  const book = useRef<HTMLElement>(null);
  const arrivals = bench.arrivals.value;
  // Whoever waits for answers has them before their eyes when they come: on a phone they stand below the button.
  useEffect(() => {
    if (arrivals > 0 && book.current) bringIntoView(book.current);
  }, [arrivals]);
  return (
    <section
      class="pages"
      aria-label="Comparison"
      aria-busy={bench.work.activity.value !== undefined}
      ref={book}
    >
      <Page side="float" title="float32" about={floatAbout(bench)} />
      <Fold />
      <Page side="quantized" title="int8" about={int8About(bench)} />
    </section>
  );
}

function floatAbout({ float, int8 }: PictureBench): string {
  if (float.value) return float.value.name;
  return int8.value ? 'its original is not open' : '';
}

function int8About({ int8 }: PictureBench): string {
  const network = int8.value;
  if (!network) return '';
  return network.made ? network.made.how : `${network.name}, opened as it is`;
}

function Page({ side, title, about }: { side: 'float' | 'quantized'; title: string; about: string }) {
  const bench = useBench();
  const figures = bench.figures.value?.found[side];
  const old = bench.old.value[side];
  return (
    <article
      class={`page ${side}${old ? ' old' : ''}`}
      aria-labelledby={`title-${side}`}
      data-testid={`page-${side}`}
    >
      <h2 id={`title-${side}`}>
        {title} {old && <span class="old-mark">old</span>}
      </h2>
      <p class="about" data-testid={`about-${side}`}>
        {about || '\u00a0'}
      </p>
      <Guesses guesses={bench.answers.value[side]} />
      <dl class="figures">
        <div>
          <dt>Size</dt>
          <dd data-testid={`bytes-${side}`}>{figures ? fileSize(figures.bytes) : '–'}</dd>
        </div>
        <div>
          <dt>Time</dt>
          <dd data-testid={`ms-${side}`}>{figures ? milliseconds(figures.ms) : '–'}</dd>
        </div>
      </dl>
    </article>
  );
}

function Fold() {
  const bench = useBench();
  const report = bench.figures.value?.found.report;
  return (
    <div class={bench.old.value.quantized ? 'fold old' : 'fold'}>
      <Ratio value={report && 1 / report.sizeRatio} words={['smaller', 'larger']} testId="ratio-size" />
      <Ratio value={report?.speedup} words={['faster', 'slower']} testId="ratio-time" />
    </div>
  );
}
