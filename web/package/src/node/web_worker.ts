// A thread of Node with the face of a browser's worker.
import { Worker as NodeWorker } from 'node:worker_threads';

/** While calls are under way it keeps the process from ending, and else it does not. */
export class WebWorker implements Pick<Worker, 'onmessage' | 'onmessageerror' | 'onerror' | 'terminate'> {
  onmessage: Worker['onmessage'] = null;
  onmessageerror: Worker['onmessageerror'] = null;
  onerror: Worker['onerror'] = null;
  readonly #worker: NodeWorker;
  #underWay = 0;

  constructor(script: URL, workerData: unknown) {
    // Not the flags of the process: --input-type, for one, forbids workers of a file. V8's hold for all threads anyway.
    this.#worker = new NodeWorker(script, { workerData, execArgv: [] });
    this.#worker.unref();
    const self = this as unknown as Worker;
    const fail = (message: string) => {
      this.onerror?.call(self, { message, preventDefault() {} } as unknown as ErrorEvent);
    };
    this.#worker.on('message', (data: unknown) => {
      if (--this.#underWay === 0) this.#worker.unref();
      this.onmessage?.call(self, { data } as MessageEvent);
    });
    this.#worker.on('messageerror', () => {
      this.onmessageerror?.call(self, {} as MessageEvent);
    });
    this.#worker.on('error', (error) => {
      fail(error.message);
    });
    this.#worker.on('exit', () => {
      fail('it ended');
    });
  }

  postMessage(message: unknown, transfer: Transferable[]): void {
    this.#worker.postMessage(message, transfer as ArrayBuffer[]);
    if (this.#underWay++ === 0) this.#worker.ref();
  }

  terminate(): void {
    this.#worker.removeAllListeners('exit');
    void this.#worker.terminate();
  }
}
