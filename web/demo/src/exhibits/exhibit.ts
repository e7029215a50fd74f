import type { ComponentChild } from 'preact';
import type { Work } from '../page/work';

/** One thing that the page shows. Each is a folder here with a workbench of its own, and shares no state with others. */
export interface Exhibit {
  /** In the page's address. */
  name: string;
  /** In its contents. */
  title: string;
  /** What the masthead says of it. */
  lead: string;
  /** What the colophon says of its data. */
  finePrint: string;
  work: Work;
  view: () => ComponentChild;
}
