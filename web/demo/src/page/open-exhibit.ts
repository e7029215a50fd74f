// Which exhibit is open: the address says so, "?exhibit=spelling"; the first where it says nothing that is there.
import { signal } from '@preact/signals';
import type { Exhibit } from '../exhibits/exhibit';

export class OpenExhibit {
  readonly exhibits: readonly [Exhibit, ...Exhibit[]];
  readonly shown;
  /** The addresses at which exhibits were left. */
  readonly #left = new Map<Exhibit, string>();

  constructor(exhibits: readonly [Exhibit, ...Exhibit[]]) {
    this.exhibits = exhibits;
    this.shown = signal(this.#ofAddress());
    addEventListener('popstate', () => (this.shown.value = this.#ofAddress()));
  }

  /** Where an exhibit is, or was when it was left. */
  addressOf(exhibit: Exhibit): string {
    const bare = exhibit === this.exhibits[0] ? './' : `./?exhibit=${exhibit.name}`;
    return this.#left.get(exhibit) ?? bare;
  }

  open(exhibit: Exhibit): void {
    if (exhibit === this.shown.value) return;
    this.#left.set(this.shown.value, location.href);
    history.pushState(null, '', this.addressOf(exhibit));
    this.shown.value = exhibit;
  }

  #ofAddress(): Exhibit {
    const wanted = new URLSearchParams(location.search).get('exhibit');
    return this.exhibits.find(({ name }) => name === wanted) ?? this.exhibits[0];
  }
}
