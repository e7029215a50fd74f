// Octavo in pages and their workers. Built into one file, from which the engine's files are in the folder `engine`.
import { browserPlatform } from './platform/browser.js';
import { usePlatform } from './platform/platform.js';

usePlatform(browserPlatform);

export * from './api.js';
