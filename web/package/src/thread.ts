// The worker of a thread in browsers.
import { runThread } from './run_thread.js';
import type { ThreadStart } from './threads.js';

globalThis.onmessage = ({ data }: MessageEvent<ThreadStart>) =>
  runThread(data, () => globalThis.postMessage('ready'));
globalThis.onmessageerror = () => {
  throw new Error('what it begins with cannot be read');
};
