// The worker of an engine in Node: offers its host to the thread that started it.
import { parentPort, workerData } from 'node:worker_threads';
import { offerOf } from '../host.js';
import { localHost } from '../local_engine.js';
import { nodePlatform } from '../platform/node.js';
import { usePlatform } from '../platform/platform.js';
import { serve, type WorkerScope } from '../rpc.js';
import type { Variant } from '../start.js';

usePlatform(nodePlatform);
if (parentPort) {
  const port = parentPort;
  const scope: WorkerScope = {
    onmessage: null,
    onmessageerror: null,
    postMessage: (message, transfer) => port.postMessage(message, transfer as ArrayBuffer[]),
  };
  serve(offerOf(localHost(workerData as Variant)), scope);
  port.on('message', (data: unknown) => scope.onmessage?.({ data } as MessageEvent<never>));
  port.on('messageerror', () => scope.onmessageerror?.());
}
