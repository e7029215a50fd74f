import markUrl from '../mark.svg';
import { Contents } from './contents';
import type { OpenExhibit } from './open-exhibit';

export const Masthead = ({ place }: { place: OpenExhibit }) => (
  <header class="masthead">
    <h1>
      <img class="mark" src={markUrl} alt="" width="48" height="36" /> Octavo
    </h1>
    <p>{place.shown.value.lead}</p>
    <Contents place={place} />
  </header>
);
