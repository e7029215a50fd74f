// Large files that a page fetches once: later visits take them from the browser's cache storage.
import { Problem } from './problem';

const cacheName = 'octavo-models';

/**
 * The answer of `fetch`, from the cache if it is there. Where a browser has no cache storage, or will not write to it, this
 * is `fetch`. Addresses change with the files' contents, so that the cache keeps the newest of each name only.
 */
export async function cachedFetch(url: string, signal: AbortSignal): Promise<Response> {
  const cache = await openCache();
  const kept = await cache?.match(url).catch(() => undefined);
  if (kept) return kept;
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    throw new Problem(`Cannot fetch ${url}: ${(error as Error).message}.`);
  });
  if (cache && response.ok) void keep(cache, url, response.clone());
  return response;
}

/** Development serves changed files at the same address. */
async function openCache(): Promise<Cache | undefined> {
  if (import.meta.env.DEV || typeof caches === 'undefined') return undefined;
  return caches.open(cacheName).catch(() => undefined);
}

async function keep(cache: Cache, url: string, response: Response): Promise<void> {
  try {
    await cache.put(url, response);
    const { href } = new URL(url, location.href);
    const others = (await cache.keys()).filter(
      (request) => request.url !== href && nameOf(request.url) === nameOf(href),
    );
    await Promise.all(others.map((request) => cache.delete(request)));
  } catch {
    // No room, or the download broke off: the next visit fetches again.
  }
}

/** An address without the hash of the contents: "encoder-Bx0_-9aZ.onnx" is encoder.onnx. */
const nameOf = (url: string) => url.replace(/-[\w-]{8}(?=\.\w+$)/, '');
