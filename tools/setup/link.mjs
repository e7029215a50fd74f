import { lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toolsFolder } from '../lib/paths.mjs';

/** Makes .tools/<name> a link to `target`. */
export function linkTool(name, target) {
  const link = join(toolsFolder, name);
  mkdirSync(dirname(link), { recursive: true });
  const status = lstatSync(link, { throwIfNoEntry: false });
  if (status?.isSymbolicLink() && readlinkSync(link) === target) return;
  rmSync(link, { recursive: true, force: true });
  symlinkSync(target, link);
}
