// Times of both networks on one axis from zero: bars to the median, a line over the middle half, a notch at the best.
import type { CompareReport, ModelFigures } from 'octavo';
import { scaleLinear } from 'd3-scale';
import { millisecondDigits } from '../../../page/format';
import { turns } from '../measure';

export function TimeFigure({ report }: { report: CompareReport | undefined }) {
  const longest = report ? Math.max(report.float.msQuartiles[1], report.quantized.msQuartiles[1]) : 100;
  const scale = scaleLinear().domain([0, longest]).nice(4).range([0, 100]);
  return (
    <figure class="finding">
      <h2>Time a picture</h2>
      <div class="time-chart" aria-hidden="true">
        <TimeRow title="float32" side="float" figures={report?.float} scale={scale} />
        <TimeRow title="int8" side="quantized" figures={report?.quantized} scale={scale} />
        <div class="axis">
          {report &&
            scale.ticks(4).map((tick) => (
              <span key={tick} style={{ '--at': scale(tick) }}>
                {tick}
              </span>
            ))}
        </div>
      </div>
      <table>
        <thead>
          <tr>
            <th scope="col">milliseconds</th>
            <th scope="col">median</th>
            <th scope="col">middle half</th>
            <th scope="col">best</th>
          </tr>
        </thead>
        <tbody>
          <TimeNumbers title="float32" figures={report?.float} />
          <TimeNumbers title="int8" figures={report?.quantized} />
        </tbody>
      </table>
      <figcaption>
        {turns} runs each, taking turns, in a worker. The thin line spans the middle half of the runs, the
        notch is the best.
      </figcaption>
    </figure>
  );
}

const TimeNumbers = ({ title, figures }: { title: string; figures: ModelFigures | undefined }) => (
  <tr>
    <th scope="row">{title}</th>
    <td>{figures ? millisecondDigits(figures.ms) : '–'}</td>
    <td>{figures ? figures.msQuartiles.map(millisecondDigits).join('–') : '–'}</td>
    <td>{figures ? millisecondDigits(figures.msBest) : '–'}</td>
  </tr>
);

interface RowProps {
  title: string;
  side: 'float' | 'quantized';
  figures: ModelFigures | undefined;
  scale: (ms: number) => number;
}

const TimeRow = ({ title, side, figures, scale }: RowProps) => (
  <div class={`time-row ${side}`}>
    <span class="time-title">{title}</span>
    <span class="track">
      {figures && (
        <>
          <span class="bar" style={{ '--to': scale(figures.ms) }} />
          <span
            class="whisker"
            style={{
              '--from': scale(figures.msQuartiles[0]),
              '--to': scale(figures.msQuartiles[1]) - scale(figures.msQuartiles[0]),
            }}
          />
          <span class="best" style={{ '--at': scale(figures.msBest) }} />
        </>
      )}
    </span>
  </div>
);
