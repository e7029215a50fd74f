import type { Exhibit } from '../exhibits/exhibit';
import type { OpenExhibit } from './open-exhibit';

/** The exhibits, as links that change the page in place; in a new tab they work as well. */
export const Contents = ({ place }: { place: OpenExhibit }) => (
  <nav class="contents" aria-label="Exhibits">
    <ul>
      {place.exhibits.map((exhibit) => (
        <li key={exhibit.name}>
          <a
            href={place.addressOf(exhibit)}
            aria-current={exhibit === place.shown.value ? 'page' : undefined}
            onClick={(event) => follow(event, place, exhibit)}
          >
            {exhibit.title}
          </a>
        </li>
      ))}
    </ul>
  </nav>
);

function follow(event: MouseEvent, place: OpenExhibit, exhibit: Exhibit): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  place.open(exhibit);
}
