// The exhibit, from top to bottom.
import { useEffect } from 'preact/hooks';
import { Recipe } from '../../../page/recipe';
import { codeOf } from '../code';
import { share } from '../share';
import { useBench } from '../workbench';
import { AdvicePlace } from './advice-place';
import { Bench } from './bench';
import { DropLayer } from './drop-layer';
import { Findings } from './findings';
import { LayersFigure } from './layers-figure';
import { Pages } from './pages';
import { PictureFrame } from './picture-frame';
import { PicturePicker } from './picture-picker';
import { Subject } from './subject';

export function PicturesView() {
  const bench = useBench();
  useEffect(() => share(bench), [bench]);
  return (
    <>
      <Subject />
      <PictureFrame />
      <PicturePicker />
      <Bench />
      <AdvicePlace />
      <Pages />
      <Findings />
      <LayersFigure />
      {!bench.question.value && <Recipe title="The same in five lines" code={codeOf(bench)} />}
      <DropLayer />
    </>
  );
}
