import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const root = resolve(fileURLToPath(import.meta.url), '../../..');

/** Links to the tools that the build uses, made by set-up; git-ignored. */
export const toolsFolder = join(root, '.tools');

/** What set-up downloads, kept per user so that a second clone finds it. */
export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'octavo');

/** A path inside the checkout. */
export const inRoot = (...parts) => join(root, ...parts);
