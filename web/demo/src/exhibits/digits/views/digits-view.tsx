// The exhibit, from top to bottom.
import { useEffect } from 'preact/hooks';
import { fileSize } from '../../../page/format';
import { Recipe } from '../../../page/recipe';
import { networkBytes, sheetBytes } from '../assets';
import { useBench } from '../bench';
import { codeOf } from '../code';
import { share } from '../share';
import { AccuracyFigure, LossFigure } from './curves';
import { DrawingPad } from './drawing-pad';
import { Leaves } from './leaves';
import { WeightsFigure } from './weights-figure';
import { Workbench } from './workbench';

export function DigitsView() {
  const bench = useBench();
  useEffect(() => {
    void bench.open();
    return share(bench.training);
  }, [bench]);
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
      </section>
      <DrawingPad />
      <Leaves />
      <Workbench />
      <section class="findings" aria-label="Training">
        <LossFigure />
        <AccuracyFigure />
        <WeightsFigure />
      </section>
      <Recipe title="The same in a few lines" code={codeOf(bench.training.settings.value)} />
    </>
  );
}
