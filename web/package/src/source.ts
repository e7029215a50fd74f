// Where a model's bytes come from: one stream of chunks, whatever it was.
import { OctavoError, messageOf } from './error.js';
import { isBytes } from './tensor.js';
import { platform } from './platform/platform.js';

/** What `loadModel` takes: a URL (in Node also a path), the bytes themselves, a file or an answer of `fetch`. */
export type ModelSource = string | URL | Uint8Array | ArrayBuffer | Blob | Response;

/** A file on its way. */
export interface Source {
  /** The name for error messages. */
  name: string;
  /** Its size in bytes, when known before it is there. */
  total: number | undefined;
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Ends it where it is not read to its end. */
  close?: () => void;
}

/**
 * Opens a source. The bytes come as they are read: nothing is gathered here.
 * @throws OctavoError `Download`, `File` or `InvalidOption`; the signal's reason
 */
export async function openSource(source: ModelSource, signal?: AbortSignal, cache = false): Promise<Source> {
  if (typeof source === 'string' || source instanceof URL) return openAddress(source, signal, cache);
  if (source instanceof Uint8Array) return bytesSource(source);
  if (source instanceof ArrayBuffer) return bytesSource(new Uint8Array(source));
  if (source instanceof Blob) {
    const name = source instanceof File ? source.name : 'model';
    return streamSource(source.stream(), name, sizeOf(source.size));
  }
  if (source instanceof Response) return openResponse(source, source.url || 'model');
  throw new OctavoError('InvalidOption', 'a model is loaded from a URL, a path, bytes, a Blob or a Response');
}

const sliceBytes = 4 << 20;

function bytesSource(bytes: Uint8Array): Source {
  const chunks = function* () {
    for (let start = 0; start < bytes.byteLength; start += sliceBytes)
      yield bytes.subarray(start, start + sliceBytes);
  };
  return { name: 'model', total: bytes.byteLength, chunks: chunks() };
}

async function openAddress(
  address: string | URL,
  signal: AbortSignal | undefined,
  cache: boolean,
): Promise<Source> {
  const url = toUrl(address);
  if (!url || url.protocol === 'file:') {
    if (platform.openFile) return platform.openFile(url ?? address);
    throw new OctavoError('Download', `${String(address)} is no URL that can be fetched`, {
      file: String(address),
    });
  }
  let response: Response;
  try {
    response = await (cache ? fetchCached : fetch)(url, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw new OctavoError('Download', `cannot fetch ${url.href}: ${reasonOf(error)}`, { file: url.href });
  }
  return openResponse(response, url.href);
}

/** Node's fetch says why in the cause of its error, which may have nothing but a code. */
function reasonOf(error: unknown): string {
  const { message = '', code = '' } = Object((error as Error | undefined)?.cause) as NodeJS.ErrnoException;
  const why = message || code;
  return why ? `${messageOf(error)} (${why})` : messageOf(error);
}

const cacheName = 'octavo-models';

/**
 * The answer that the browser keeps for this URL, or a new one, which it then keeps. Where there is nothing to keep it in (Node,
 * insecure pages, a full disk) this is fetch.
 */
async function fetchCached(url: URL, init: RequestInit): Promise<Response> {
  const cache = await globalThis.caches?.open(cacheName).catch(() => undefined);
  const kept = await cache?.match(url).catch(() => undefined);
  if (kept) return kept;
  const response = await fetch(url, init);
  if (cache && response.ok && url.protocol.startsWith('http'))
    void cache.put(url, response.clone()).catch(() => {});
  return response;
}

/** The URL that an address is; undefined for a path. A Windows path's drive is no scheme. */
export function toUrl(address: string | URL): URL | undefined {
  if (address instanceof URL) return address;
  if (/^[a-z][a-z0-9+.-]+:/i.test(address)) return URL.canParse(address) ? new URL(address) : undefined;
  const base = platform.baseUrl();
  return base && URL.canParse(address, base) ? new URL(address, base) : undefined;
}

function openResponse(response: Response, name: string): Source {
  if (!response.ok) {
    const status = `${response.status} ${response.statusText}`.trim();
    throw new OctavoError('Download', `cannot fetch ${name}: HTTP status ${status}`, { file: name });
  }
  if (response.bodyUsed || !response.body) {
    throw new OctavoError('Download', `the response of ${name} has no body to read`, { file: name });
  }
  // Where the transfer is compressed, Content-Length counts the compressed bytes.
  const compressed = response.headers.has('content-encoding');
  return streamSource(response.body, name, compressed ? undefined : announcedBytes(response));
}

/** What Content-Length says, if that is a size. Sent twice it is joined by a comma, and holds if both are the same. */
function announcedBytes(response: Response): number | undefined {
  const lengths = new Set(response.headers.get('content-length')?.split(/\s*,\s*/));
  const [length = '', ...others] = lengths;
  return others.length === 0 && /^\d+$/.test(length) ? sizeOf(Number(length)) : undefined;
}

/** A number as a size of something; undefined where it is none. */
const sizeOf = (size: number) => (Number.isSafeInteger(size) && size >= 0 ? size : undefined);

function streamSource(stream: ReadableStream<Uint8Array>, name: string, total: number | undefined): Source {
  // A stream that is being read is cancelled by its reader.
  const close = () => void stream.cancel().catch(() => {});
  return { name, total, chunks: streamChunks(stream, name, total), close };
}

async function* streamChunks(stream: ReadableStream<Uint8Array>, name: string, total: number | undefined) {
  const reader = stream.getReader();
  let loaded = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!isBytes(value)) throw new Error('it is no stream of bytes');
      loaded += value.byteLength;
      yield value;
    }
  } catch (error) {
    // An abort by the reader's own signal keeps its reason: loadModel looks at the signal first.
    throw new OctavoError('Download', `the download of ${name} broke off: ${messageOf(error)}`, {
      file: name,
    });
  } finally {
    await reader.cancel().catch(() => {});
  }
  if (total !== undefined && loaded < total) {
    throw new OctavoError('Download', `the download of ${name} ended after ${loaded} of ${total} bytes`, {
      file: name,
    });
  }
}
