// The built package, its inner modules included, and an engine over the fake native module.
import { MessageChannel } from 'node:worker_threads';

export const packageRoot = new URL('../../../web/package/', import.meta.url);
export const repository = new URL('../../../', import.meta.url);
export const inner = (path) => import(new URL(`dist/${path}`, packageRoot).href);

/** An engine over `native`, in this thread or behind a channel of messages as a worker has it. */
export async function fakeEngine(native, { worker = false, onLeak } = {}) {
  const { Engine } = await inner('engine.js');
  const { EngineHost, offerOf } = await inner('host.js');
  const { Client, localChannel, workerChannel } = await inner('rpc.js');
  const host = new EngineHost(async () => ({ native }));
  const client = new Client(
    worker
      ? workerChannel(portWorker(offerOf(host), await inner('rpc.js')), 'fake')
      : localChannel(offerOf(host)),
  );
  const info = await client.call('start', [{ wasmUrl: undefined, forcedKernels: undefined, threads: 1 }]);
  return new Engine(client, { ...info, why: 'fake', threadsWhy: 'fake', worker }, { onLeak });
}

/** A Worker's face over one end of a message channel; `serve` has the other, as in a worker. */
export function portWorker(offer, { serve }) {
  const { port1, port2 } = new MessageChannel();
  const scope = { onmessage: null, postMessage: (message, transfer) => port2.postMessage(message, transfer) };
  port2.on('message', (data) => scope.onmessage({ data }));
  serve(offer, scope);
  const worker = {
    onmessage: null,
    onerror: null,
    postMessage: (message, transfer) => port1.postMessage(message, transfer),
    terminate: () => port1.close(),
  };
  port1.on('message', (data) => worker.onmessage({ data }));
  return worker;
}
