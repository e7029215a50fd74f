import type { CompareReport } from 'octavo';
import { samplePhotos } from '../assets';
import { cosineDigits, decibels } from '../format';
import { activity } from '../workbench/activity';
import { survey, surveyPhotos } from '../workbench/workbench';

/** How close the int8 network's output is to the float one's: on this picture, and on all sample photos if asked. */
export function AgreementFigure({ report }: { report: CompareReport | undefined }) {
  const all = survey.value;
  return (
    <section class="finding" aria-labelledby="agreement-title">
      <h2 id="agreement-title">Agreement</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">of int8 with float32</th>
            <th scope="col">this picture</th>
            <th scope="col">all {samplePhotos.length}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Same first answer</th>
            <td data-testid="top1">{report ? (report.top1Agreement === 1 ? 'yes' : 'no') : '–'}</td>
            <td data-testid="top1-all">
              {all ? `${Math.round((all.top1Agreement ?? 0) * all.samples)} of ${all.samples}` : '–'}
            </td>
          </tr>
          <tr>
            <th scope="row">
              <abbr title="Cosine of the angle between the two outputs; 1 when they point the same way">
                Cosine
              </abbr>
            </th>
            <td data-testid="cosine">{report?.outputs[0] ? cosineDigits(report.outputs[0].cosine) : '–'}</td>
            <td>{all?.outputs[0] ? cosineDigits(all.outputs[0].cosine) : '–'}</td>
          </tr>
          <tr>
            <th scope="row">
              <abbr title="Signal to quantization noise: the output against the difference, in decibels">
                SQNR
              </abbr>
            </th>
            <td data-testid="sqnr">{report?.outputs[0] ? decibels(report.outputs[0].sqnrDb) : '–'}</td>
            <td>{all?.outputs[0] ? decibels(all.outputs[0].sqnrDb) : '–'}</td>
          </tr>
        </tbody>
      </table>
      <button
        type="button"
        aria-disabled={!report || activity.value !== undefined}
        onClick={() => report && !activity.value && void surveyPhotos()}
      >
        Compare on all {samplePhotos.length} photos
      </button>
    </section>
  );
}
