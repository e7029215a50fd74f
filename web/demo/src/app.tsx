// The page, from top to bottom.
import { Bench } from './views/bench';
import { Colophon } from './views/colophon';
import { Findings } from './views/findings';
import { Masthead } from './views/masthead';
import { Pages } from './views/pages';
import { PictureFrame } from './views/picture-frame';
import { PicturePicker } from './views/picture-picker';

export const App = () => (
  <>
    <Masthead />
    <main>
      <PictureFrame />
      <PicturePicker />
      <Bench />
      <Pages />
      <Findings />
    </main>
    <Colophon />
  </>
);
