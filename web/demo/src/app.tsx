// The page, from top to bottom.
import { Colophon } from './page/colophon';
import { Masthead } from './page/masthead';
import type { OpenExhibit } from './page/open-exhibit';

export const App = ({ place }: { place: OpenExhibit }) => {
  const exhibit = place.shown.value;
  return (
    <>
      <Masthead place={place} />
      <main key={exhibit.name}>{exhibit.view()}</main>
      <Colophon finePrint={exhibit.finePrint} work={exhibit.work} />
    </>
  );
};
