// The open book: what each network says of the picture, and the ratios in the fold between them.
import { megabytes, milliseconds, times } from '../format';
import { answers, comparison } from '../workbench/workbench';
import { activity } from '../workbench/activity';
import { Guesses } from './guesses';

export const Pages = () => (
  <section class="pages" aria-label="Comparison" aria-busy={activity.value !== undefined}>
    <Page side="float" title="float32" />
    <Fold />
    <Page side="quantized" title="int8" />
  </section>
);

function Page({ side, title }: { side: 'float' | 'quantized'; title: string }) {
  const figures = comparison.value?.[side];
  return (
    <article class={`page ${side}`} aria-labelledby={`title-${side}`} data-testid={`page-${side}`}>
      <h2 id={`title-${side}`}>{title}</h2>
      <Guesses guesses={answers.value[side]} />
      <dl class="figures">
        <div>
          <dt>Size</dt>
          <dd data-testid={`bytes-${side}`}>{figures ? megabytes(figures.bytes) : '–'}</dd>
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
  const report = comparison.value;
  return (
    <div class="fold">
      <Ratio value={report && 1 / report.sizeRatio} words={['smaller', 'larger']} testId="ratio-size" />
      <Ratio value={report?.speedup} words={['faster', 'slower']} testId="ratio-time" />
    </div>
  );
}

/** How many times better or, below 1, worse. */
function Ratio({
  value,
  words,
  testId,
}: {
  value: number | undefined;
  words: [string, string];
  testId: string;
}) {
  const better = value === undefined || value >= 1;
  return (
    <p class={value === undefined ? 'ratio unknown' : 'ratio'} data-testid={testId}>
      <strong>{value === undefined ? '–' : times(better ? value : 1 / value)}</strong>{' '}
      <span>{better ? words[0] : words[1]}</span>
    </p>
  );
}
