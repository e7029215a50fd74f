import type { CompareReport } from 'octavo';
import { cosineDigits, decibels } from '../../../page/format';
import { Term } from '../../../page/term';
import { samplePhotos } from '../assets';
import { useBench } from '../workbench';
import { RightAnswers } from './right-answers';

/** How close the int8 network's output is to the float one's: on this picture, and on all sample photos if asked. */
export function AgreementFigure({ report }: { report: CompareReport | undefined }) {
  const bench = useBench();
  const survey = bench.survey.value;
  const all = survey?.found;
  const [one, many] = [report?.outputs[0], all?.outputs[0]];
  const ready = report !== undefined && bench.work.activity.value === undefined;
  return (
    <section class="finding" aria-labelledby="agreement-title">
      <h2 id="agreement-title">Agreement</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">of int8 with float32</th>
            <th scope="col">this picture</th>
            <th scope="col">
              all {samplePhotos.length}
              {bench.isOld(survey) && <span class="old-mark"> old</span>}
            </th>
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
              <Term of="cosine">Cosine</Term>
            </th>
            <td data-testid="cosine">{one ? cosineDigits(one.cosine) : '–'}</td>
            <td>{many ? cosineDigits(many.cosine) : '–'}</td>
          </tr>
          <tr>
            <th scope="row">
              <Term of="SQNR" />
            </th>
            <td data-testid="sqnr">{one ? decibels(one.sqnrDb) : '–'}</td>
            <td>{many ? decibels(many.sqnrDb) : '–'}</td>
          </tr>
        </tbody>
      </table>
      <button type="button" aria-disabled={!ready} onClick={() => ready && void bench.surveyPhotos()}>
        Compare on all {samplePhotos.length} photos
      </button>
      <button
        type="button"
        data-testid="compare-layers"
        aria-disabled={!ready}
        onClick={() => ready && void bench.compareLayers()}
      >
        Compare layer by layer
      </button>
      <RightAnswers />
    </section>
  );
}
