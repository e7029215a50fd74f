// The page, from top to bottom.
import type { Exhibit } from './exhibits/exhibit';
import { Colophon } from './page/colophon';
import { Masthead } from './page/masthead';

export const App = ({ exhibit }: { exhibit: Exhibit }) => (
  <>
    <Masthead lead={exhibit.lead} />
    <main>{exhibit.view()}</main>
    <Colophon finePrint={exhibit.finePrint} work={exhibit.work} />
  </>
);
