// The exhibit, from top to bottom.
import { useEffect } from 'preact/hooks';
import { share } from '../share';
import { useBench } from '../workbench';
import { Bench } from './bench';
import { DropLayer } from './drop-layer';
import { Findings } from './findings';
import { Pages } from './pages';
import { PictureFrame } from './picture-frame';
import { PicturePicker } from './picture-picker';
import { Recipe } from './recipe';
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
      <Pages />
      <Findings />
      <Recipe />
      <DropLayer />
    </>
  );
}
