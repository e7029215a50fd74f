// Workers of scripts by URL, and engines in them.
import { OctavoError, messageOf } from '../error.js';
import { workerChannel, workerFailed, type Channel } from '../rpc.js';
import { answerWithin } from '../threads.js';

/** How long a worker's script may take to load, from a slow network or a development server. */
const patienceSeconds = 30;

/**
 * A channel to the engine in a worker. Calls fail where the worker's script does not begin in time.
 * @throws OctavoError `EngineStart` where a worker cannot even be made
 */
export function startChannel(start: () => Worker, name: string): Channel {
  const failed = (error: unknown) =>
    new OctavoError(
      'EngineStart',
      `the engine's ${name} worker does not start: ${messageOf(error)}`,
      { detail: workerFailed },
      { cause: error },
    );
  try {
    const worker = start();
    const channel = workerChannel(worker, name);
    const begins = new Promise((resolve) => worker.addEventListener('message', resolve, { once: true }));
    answerWithin(patienceSeconds, begins).catch((error: unknown) => channel.close(failed(error)));
    return channel;
  } catch (error) {
    throw failed(error);
  }
}

/** A script of another origin may not be a worker; one of the page's own that imports it may. */
export function workerOf(url: URL): Worker {
  if (url.origin === globalThis.location.origin) return new Worker(url, { type: 'module' });
  const script = new Blob([`import ${JSON.stringify(url.href)};`], { type: 'text/javascript' });
  // Not revoked: it may be read later than this.
  return new Worker(URL.createObjectURL(script), { type: 'module' });
}

/** For people: a script's URL, and what is there. */
export async function explainScript(url: URL | undefined): Promise<string> {
  if (!url) return 'in the bundle';
  try {
    const { status, headers } = await fetch(url);
    return `${url.href} (HTTP status ${status}, ${headers.get('content-type') ?? 'of no type'})`;
  } catch (error) {
    return `${url.href} (${messageOf(error)})`;
  }
}
