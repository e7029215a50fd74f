// The exhibit, from top to bottom.
import { useEffect } from 'preact/hooks';
import { fileSize } from '../../../page/format';
import { Recipe } from '../../../page/recipe';
import { networkBytes, sheetBytes } from '../assets';
import { useBench } from '../bench';
import { codeOf } from '../code';
import { DrawingPad } from './drawing-pad';
import { Leaves } from './leaves';
import { Status } from './status';

export function DigitsView() {
  const bench = useBench();
  useEffect(() => void bench.open(), [bench]);
  const isMissing = !bench.isOpen && bench.work.activity.value === undefined;
  return (
    <>
      <section class="subject" aria-label="Network">
        <div class="network">
          <h2>Digits</h2>
          <p>
            seven convolutions and 9,034 weights, trained on MNIST:{' '}
            <span class="size">{fileSize(networkBytes)}</span>; digits to train and to count errors on:{' '}
            <span class="size">{fileSize(sheetBytes)}</span>
          </p>
        </div>
        {isMissing && (
          <button type="button" onClick={() => void bench.open()}>
            Fetch the network
          </button>
        )}
      </section>
      <DrawingPad />
      <Leaves />
      <Status />
      <Recipe title="The same in three lines" code={codeOf()} />
    </>
  );
}
