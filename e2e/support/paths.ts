import { fileURLToPath } from 'node:url';

/** A file of the project, by its path from the root. */
export const inProject = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
