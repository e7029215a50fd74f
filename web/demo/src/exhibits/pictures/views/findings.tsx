// What the comparison found: size, time, agreement.
import { useBench } from '../workbench';
import { AgreementFigure } from './agreement-figure';
import { SizeFigure } from './size-figure';
import { TimeFigure } from './time-figure';

export function Findings() {
  const bench = useBench();
  const report = bench.figures.value?.found.report;
  return (
    <section class={bench.old.value.quantized ? 'findings old' : 'findings'} aria-label="Findings">
      <SizeFigure report={report} />
      <TimeFigure report={report} />
      <AgreementFigure report={report} />
    </section>
  );
}
