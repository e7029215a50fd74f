// Typed calls to a service that lives here or in a worker. The service is an object of methods; its interface is the
// protocol: a call is {id, method, args}, an answer {id, result} or {id, error}.
import { OctavoError, messageOf, type ErrorRecord } from './error.js';

/** What a service may be: methods that take and give plain data, at once or by promise. */
export type Service<T> = { [Method in keyof T]: (...args: never[]) => unknown };

type Methods = Record<string, (...args: unknown[]) => unknown>;

interface Call {
  id: number;
  method: string;
  args: unknown[];
}
type Answer = { id: number; result: unknown } | { id: number; error: ErrorRecord };

/** Carries one call at a time to a service. */
export interface Channel {
  send(method: string, args: unknown[]): Promise<unknown>;
  close(): void;
}

/** Calls a service by the types of its interface, one call after the other. */
export class Client<T extends Service<T>> {
  readonly #channel: Channel;
  #last: Promise<unknown> = Promise.resolve();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /**
   * Calls `method` when all earlier calls are done. An abort drops a call that waits; of one that runs already, the
   * answer is dropped.
   * @throws the signal's reason, or what the service throws
   */
  call<Method extends keyof T & string>(
    method: Method,
    args: Parameters<T[Method]>,
    signal?: AbortSignal,
  ): Promise<Awaited<ReturnType<T[Method]>>> {
    const answer = this.#last.then(() => {
      signal?.throwIfAborted();
      return this.#channel.send(method, args);
    });
    this.#last = answer.catch(() => {});
    return abortable(answer, signal) as Promise<Awaited<ReturnType<T[Method]>>>;
  }

  close(): void {
    this.#channel.close();
  }
}

/** `promise`, or a rejection with the signal's reason when that comes first. */
export function abortable<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** A channel to a service in this very thread. */
export function localChannel(service: object): Channel {
  const methods = service as Methods;
  let open = true;
  return {
    send(method, args) {
      if (!open) return Promise.reject(new OctavoError('Disposed', 'the engine was disposed'));
      return Promise.resolve(methods[method](...args));
    },
    close: () => (open = false),
  };
}

/** A channel to the service that `serve` offers at the other end of `worker`. */
export function workerChannel(worker: Worker, name: string): Channel {
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let nextId = 0;
  let closedBy: OctavoError | undefined;
  const close = (reason: OctavoError) => {
    closedBy ??= reason;
    worker.terminate();
    for (const { reject } of waiting.values()) reject(closedBy);
    waiting.clear();
  };
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if ('error' in data) call?.reject(OctavoError.fromRecord(data.error));
    else call?.resolve(data.result);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    const reason = event.message || 'its script did not load';
    close(new OctavoError('EngineStart', `the engine's ${name} worker failed: ${reason}`));
  };
  return {
    send(method, args) {
      if (closedBy) return Promise.reject(closedBy);
      return new Promise((resolve, reject) => {
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        const transfer: ArrayBuffer[] = [];
        const call: Call = { id, method, args: args.map((arg) => withOwnBuffers(arg, transfer)) };
        worker.postMessage(call, transfer);
      });
    },
    close: () => close(new OctavoError('Disposed', 'the engine was disposed')),
  };
}

/** What `serve` needs of a worker's global scope. */
export interface WorkerScope {
  onmessage: ((event: MessageEvent<Call>) => void) | null;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}

/** Offers `service` to the page that started this worker. What it returns is handed over, not copied. */
export function serve(service: object, scope: WorkerScope): void {
  const methods = service as Methods;
  const answer = async ({ id, method, args }: Call) => {
    try {
      const result = await methods[method](...args);
      scope.postMessage({ id, result } satisfies Answer, buffersOf(result));
    } catch (error) {
      const known = error instanceof OctavoError ? error : new OctavoError('Internal', messageOf(error));
      scope.postMessage({ id, error: known.toRecord() } satisfies Answer);
    }
  };
  scope.onmessage = ({ data }) => void answer(data);
}

/**
 * The same value where every typed array is alone in its buffer. A view into a larger buffer would be posted with all of
 * it, so it becomes a copy, whose buffer is added to `transfer`.
 */
function withOwnBuffers(value: unknown, transfer: ArrayBuffer[]): unknown {
  if (ArrayBuffer.isView(value)) {
    const view = value as Uint8Array;
    if (view.buffer instanceof ArrayBuffer && view.byteLength === view.buffer.byteLength) return view;
    const copy = view.slice();
    transfer.push(copy.buffer);
    return copy;
  }
  if (Array.isArray(value)) return value.map((item) => withOwnBuffers(item, transfer));
  if (typeof value !== 'object' || value === null || value instanceof URL) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withOwnBuffers(item, transfer)]),
  );
}

/** The buffers of all typed arrays in a value, once each. */
function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) found.add(value.buffer as ArrayBuffer);
  else if (typeof value === 'object' && value !== null)
    Object.values(value).forEach((item) => buffersOf(item, found));
  return [...found];
}

/** Lets events (an abort, a repaint) come in between two calls of a long loop. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
