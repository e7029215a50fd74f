// What is the same in a browser whether the package is in one file or in several.
import { compileFromUrl } from '../start.js';
import type { Platform } from './platform.js';

export const browserBasics = {
  workerByDefault: true,
  cores: () => navigator.hardwareConcurrency || 1,
  compile: compileFromUrl,
  baseUrl: () => new URL(globalThis.document?.baseURI ?? globalThis.location.href),
  openFile: undefined,
} satisfies Partial<Platform>;
