// Typed calls to a service that lives here or in a worker. The service is an object of methods and a list of those that may
// be called, which are the protocol: a call is {id, method, args}, an answer {id, result} or {id, error}.
import { OctavoError, type ErrorRecord } from './error.js';

/** What a service may be: methods that take and give plain data, at once or by promise. */
export type Service<T> = { [Method in keyof T]: (...args: never[]) => unknown };

/** An object whose methods of these names may be called. */
export interface Offer {
  service: object;
  calls: readonly string[];
}

type Methods = Record<string, (...args: unknown[]) => unknown>;

interface Call {
  id: number;
  method: string;
  args: unknown[];
}
/** Without an id it answers a call that arrived in pieces, whichever that was. */
type Answer = { id: number; result: unknown } | { id?: number; error: ErrorRecord };

/** Carries one call at a time to a service. */
export interface Channel {
  send(method: string, args: unknown[]): Promise<unknown>;
  /** Ends the service: calls under way and later ones fail for that reason. */
  close(reason: OctavoError): void;
}

/** Calls a service by the types of its interface, one call after the other. */
export class Client<T extends Service<T>> {
  readonly #channel: Channel;
  #last: Promise<unknown> = Promise.resolve();
  #underWay = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Whether no call is under way: then the next begins before `call` returns. */
  get idle(): boolean {
    return this.#underWay === 0;
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
    const begin = async () => {
      signal?.throwIfAborted();
      return this.#channel.send(method, args);
    };
    const answer = this.idle ? begin() : this.#last.then(begin);
    const done = () => --this.#underWay;
    ++this.#underWay;
    this.#last = answer.then(done, done);
    return abortable(answer, signal) as Promise<Awaited<ReturnType<T[Method]>>>;
  }

  close(reason: OctavoError): void {
    this.#channel.close(reason);
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

/** Lets a service do a call. Whatever it throws is an OctavoError. */
async function perform({ service, calls }: Offer, method: string, args: unknown[]): Promise<unknown> {
  if (!calls.includes(method)) throw new OctavoError('Unsupported', `there is no call '${method}'`);
  try {
    return await (service as Methods)[method](...args);
  } catch (error) {
    throw OctavoError.from(error);
  }
}

/** A channel to a service in this very thread, which it lets go when it is closed. */
export function localChannel(offer: Offer): Channel {
  let there: Offer | OctavoError = offer;
  return {
    send: (method, args) =>
      there instanceof OctavoError ? Promise.reject(there) : perform(there, method, args),
    close(reason) {
      if (!(there instanceof OctavoError)) there = reason;
    },
  };
}

/** The detail of an error of a worker that has never answered. */
export const workerFailed = { failed: 'worker' } as const;

/** What a worker may say before its first answer: its script is there and runs. */
export const begun = 'begun';

/** A channel to the service that `serve` offers at the other end of `worker`. */
export function workerChannel(worker: Worker, name: string): Channel {
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let nextId = 0;
  let answered = false;
  let closedBy: OctavoError | undefined;
  const close = (reason: OctavoError) => {
    closedBy ??= reason;
    worker.terminate();
    for (const { reject } of waiting.values()) reject(closedBy);
    waiting.clear();
  };
  const fail = (reason: string) => {
    const message = `the engine's ${name} worker failed: ${reason}`;
    close(
      answered
        ? new OctavoError('Internal', message)
        : new OctavoError('EngineStart', message, { detail: workerFailed }),
    );
  };
  worker.onmessage = ({ data }: MessageEvent<Answer | typeof begun>) => {
    if (data === begun) return;
    answered = true;
    const call = data.id === undefined ? undefined : waiting.get(data.id);
    if (data.id !== undefined) waiting.delete(data.id);
    if (!('error' in data)) call?.resolve(data.result);
    else if (call) call.reject(OctavoError.fromRecord(data.error));
    else if (data.id === undefined) fail(data.error.message);
  };
  worker.onmessageerror = () => fail('its answer cannot be read');
  worker.onerror = (event) => {
    event.preventDefault();
    fail(event.message || 'its script did not load');
  };
  return {
    send(method, args) {
      if (closedBy) return Promise.reject(closedBy);
      return new Promise((resolve, reject) => {
        const id = nextId++;
        const transfer: ArrayBuffer[] = [];
        try {
          const call: Call = { id, method, args: args.map((arg) => withOwnBuffers(arg, transfer)) };
          worker.postMessage(call, transfer);
          waiting.set(id, { resolve, reject });
        } catch (error) {
          reject(cannotSend(error));
        }
      });
    },
    close,
  };
}

/** Functions and symbols, for example, are for one thread alone; memory for the copies may be refused. */
function cannotSend(error: unknown): OctavoError {
  const refused = OctavoError.from(error);
  if (refused.code === 'OutOfMemory') return refused;
  return new OctavoError('InvalidOption', `cannot be sent to the engine's worker: ${refused.message}`);
}

/** What `serve` needs of a worker's global scope. */
export interface WorkerScope {
  onmessage: ((event: MessageEvent<Call>) => void) | null;
  onmessageerror: (() => void) | null;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}

/** Offers a service to the page that started this worker. What it returns is handed over, not copied. */
export function serve(offer: Offer, scope: WorkerScope): void {
  const fail = (error: unknown, id?: number) =>
    scope.postMessage({ ...(id === undefined ? {} : { id }), error: OctavoError.from(error).toRecord() });
  const answer = async ({ id, method, args }: Call) => {
    try {
      const result = await perform(offer, method, args);
      scope.postMessage({ id, result } satisfies Answer, buffersOf(result));
    } catch (error) {
      fail(error, id);
    }
  };
  scope.onmessage = ({ data }) => void answer(data);
  scope.onmessageerror = () => fail(new Error('a call cannot be read'));
}

const handedOver = new WeakSet<ArrayBufferLike>();

/** Lets the next call take the memory of the arrays in `value` along, where it would copy it: nobody else looks at it. */
export function handOver<T>(value: T): T {
  for (const buffer of buffersOf(value)) handedOver.add(buffer);
  return value;
}

/**
 * The same value where every typed array is alone in its buffer. A view into a larger buffer would be posted with all of
 * it, so it becomes a copy, whose buffer is added to `transfer`, as are those that were handed over.
 */
function withOwnBuffers(value: unknown, transfer: ArrayBuffer[]): unknown {
  if (ArrayBuffer.isView(value)) {
    const view = value as Uint8Array;
    if (view.buffer instanceof ArrayBuffer && view.byteLength === view.buffer.byteLength) {
      if (handedOver.has(view.buffer)) transfer.push(view.buffer);
      return view;
    }
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
