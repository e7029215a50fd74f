// Which method to take: the picture of all of them, the advice and its reason, and the figures.
import type { AdviceReport } from 'octavo';
import { decibels, fileSize, milliseconds, millisecondDigits, percent, times } from '../../../page/format';
import { Term } from '../../../page/term';
import { useBench } from '../workbench';
import { Chart, isScored, qualityText } from './chart';

export function AdviceView({ report }: { report: AdviceReport }) {
  const bench = useBench();
  const { methods, recommended, reason } = report;
  const disabled = bench.work.activity.value !== undefined || bench.adviceIsOld.value;
  return (
    <>
      <Chart
        methods={methods}
        recommended={recommended}
        taken={bench.taken.value}
        disabled={disabled}
        onTake={(which) => void bench.take(which)}
      />
      <div class="advice-text">
        <p class="reason" data-testid="reason">
          {reason.charAt(0).toUpperCase() + reason.slice(1)}
        </p>
        <p data-testid="taken">
          <Taken report={report} />
        </p>
        <p class="legend">
          Left is smaller, up is {isScored(methods) ? 'right more often' : <Closer />}; a dot’s area is the
          time of a run, {milliseconds(methods[0]?.ms ?? 0)} for float. The line joins those that no other is
          both smaller and better than; pale ones are outdone by another in all three.
        </p>
        <details>
          <summary>The figures</summary>
          <FiguresTable report={report} />
        </details>
      </div>
    </>
  );
}

const Closer = () => (
  <>
    closer to float (<Term of="SQNR" />)
  </>
);

/** Which network is shown, or how one comes to be. */
function Taken({ report: { methods } }: { report: AdviceReport }) {
  const bench = useBench();
  const activity = bench.work.activity.value;
  if (activity) return <>{activity.title}…</>;
  if (bench.adviceIsOld.value)
    return <>Pictures or the way they are fed have changed since: ask again to choose among these.</>;
  const taken = methods[bench.taken.value];
  if (!taken) return <>Choose a dot to have its network made and shown.</>;
  const { bytes, ms, speedup } = taken;
  return (
    <>
      Chosen: <strong>{taken.name}</strong>, {fileSize(bytes)}, {qualityText(taken)}, {milliseconds(ms)} a
      run, {times(speedup)} as fast as float.
    </>
  );
}

function FiguresTable({ report: { methods, recommended, skipped } }: { report: AdviceReport }) {
  const scored = isScored(methods);
  return (
    <>
      <table>
        <thead>
          <tr>
            <th scope="col">method</th>
            <th scope="col">size</th>
            <th scope="col">memory</th>
            <th scope="col">ms</th>
            <th scope="col">SQNR</th>
            <th scope="col">{scored ? 'right' : 'same answer'}</th>
          </tr>
        </thead>
        <tbody>
          {methods.map(({ name, bytes, heapBytes, ms, agreement, score }, i) => (
            <tr key={name} class={i === recommended ? 'advised' : ''}>
              <th scope="row">{name}</th>
              <td>{fileSize(bytes)}</td>
              <td>{heapBytes === undefined ? '–' : fileSize(heapBytes)}</td>
              <td>{millisecondDigits(ms)}</td>
              <td>{decibels(agreement.sqnrDb)}</td>
              <td>{score ? percent(score.score) : percent(agreement.top1Agreement ?? 1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {skipped.map(({ name, why }) => (
        <p key={name}>
          Not measured: {name}, as {why}.
        </p>
      ))}
    </>
  );
}
