// What was found, in three figures: size, time, agreement.
import { comparison } from '../workbench/workbench';
import { AgreementFigure } from './agreement-figure';
import { SizeFigure } from './size-figure';
import { TimeFigure } from './time-figure';

export function Findings() {
  const report = comparison.value;
  return (
    <section class="findings" aria-label="Findings">
      <SizeFigure report={report} />
      <TimeFigure report={report} />
      <AgreementFigure report={report} />
    </section>
  );
}
