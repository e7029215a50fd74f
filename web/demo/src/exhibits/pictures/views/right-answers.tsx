// How often the networks are right, on labelled pictures of the visitor's.
import { percent } from '../../../page/format';
import { takeLabelled } from '../take';
import { useBench } from '../workbench';
import { FileButton } from './file-button';

export function RightAnswers() {
  const bench = useBench();
  const pictures = bench.labelled.value;
  const counted = bench.accuracy.value;
  const ready = bench.feed.value !== undefined && bench.work.activity.value === undefined;
  const share = (side: 'float' | 'quantized') => {
    const right = counted?.found.right[side];
    return right === undefined ? '–' : `${percent(right / (counted?.found.pictures ?? 1))} (${right})`;
  };
  return (
    <div class="right-answers">
      {pictures.length === 0 ? (
        <p>How often is each right? A folder with a folder of pictures for each label tells.</p>
      ) : (
        <p>
          Right answers on {pictures.length} labelled pictures: float32{' '}
          <strong data-testid="right-float">{share('float')}</strong>, int8{' '}
          <strong data-testid="right-quantized">{share('quantized')}</strong>
          {bench.isOld(counted) && <span class="old-mark"> old</span>}
        </p>
      )}
      <div class="controls">
        <FileButton many="folder" testId="labelled-folder" onFiles={(files) => takeLabelled(bench, files)}>
          {pictures.length === 0 ? 'Choose labelled pictures' : 'Choose others'}
        </FileButton>
        {pictures.length > 0 && (
          <button type="button" aria-disabled={!ready} onClick={() => ready && void bench.countRight()}>
            Count right answers
          </button>
        )}
      </div>
    </div>
  );
}
