// Workers of scripts by URL, and engines in them.
import { OctavoError, messageOf } from '../error.js';
import { workerChannel, workerFailed, type Channel } from '../rpc.js';

/** @throws OctavoError `EngineStart` where a worker cannot even begin */
export function startChannel(start: () => Worker, name: string): Channel {
  try {
    return workerChannel(start(), name);
  } catch (error) {
    throw new OctavoError(
      'EngineStart',
      `the engine's ${name} worker does not start: ${messageOf(error)}`,
      { detail: workerFailed },
      { cause: error },
    );
  }
}

/** A script of another origin may not be a worker; one of the page's own that imports it may. */
export function workerOf(url: URL): Worker {
  if (url.origin === globalThis.location.origin) return new Worker(url, { type: 'module' });
  const script = new Blob([`import ${JSON.stringify(url.href)};`], { type: 'text/javascript' });
  // Not revoked: the engine's threads begin with the same script.
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
