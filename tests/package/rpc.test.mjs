import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inner, portWorker } from './support/package.mjs';

const { Client, localChannel, workerChannel, nextTask } = await inner('rpc.js');
const { OctavoError } = await inner('error.js');
const rpc = await inner('rpc.js');

const service = () => ({
  log: [],
  add(a, b) {
    this.log.push('add');
    return a + b;
  },
  later(value) {
    return new Promise((resolve) => setTimeout(resolve, 20, value));
  },
  fail() {
    throw new OctavoError('InvalidInput', 'no', { node: 'n', op: 'Conv', detail: { expected: [1] } });
  },
  crash() {
    throw new TypeError('oops');
  },
  double(array) {
    return { nested: [array.map((value) => 2 * value)] };
  },
  bufferBytes(array) {
    return array.buffer.byteLength;
  },
});

const calls = ['add', 'later', 'fail', 'crash', 'refuse', 'double', 'bufferBytes'];
const clients = {
  local: (object) => new Client(localChannel({ service: object, calls })),
  worker: (object) => new Client(workerChannel(portWorker({ service: object, calls }, rpc), 'test')),
};
const closed = new OctavoError('Disposed', 'it was closed');

for (const [place, connect] of Object.entries(clients)) {
  test(`${place}: a call gives what the service returns`, async () => {
    const client = connect(service());
    assert.equal(await client.call('add', [2, 3]), 5);
    const { nested } = await client.call('double', [Float32Array.of(1, 2)]);
    assert.deepEqual(nested[0], Float32Array.of(2, 4));
    client.close(closed);
  });

  test(`${place}: calls run one after the other`, async () => {
    const client = connect(service());
    const order = [];
    await Promise.all([
      client.call('later', ['slow']).then((value) => order.push(value)),
      client.call('add', [1, 1]).then((value) => order.push(value)),
    ]);
    assert.deepEqual(order, ['slow', 2]);
    client.close(closed);
  });

  test(`${place}: errors keep their code and place`, async () => {
    const client = connect(service());
    const failure = {
      name: 'OctavoError',
      code: 'InvalidInput',
      node: 'n',
      op: 'Conv',
      detail: { expected: [1] },
    };
    await assert.rejects(client.call('fail', []), failure);
    assert.equal(await client.call('add', [1, 2]), 3);
    client.close(closed);
  });

  test(`${place}: an abort drops waiting calls and answers at once`, async () => {
    const object = service();
    const client = connect(object);
    const controller = new AbortController();
    const slow = client.call('later', [1], controller.signal);
    const waiting = client.call('add', [1, 1], controller.signal);
    const reason = new Error('enough');
    controller.abort(reason);
    await assert.rejects(slow, (error) => error === reason);
    await assert.rejects(waiting, (error) => error === reason);
    assert.equal(await client.call('later', [2]), 2);
    assert.deepEqual(object.log, []);
    client.close(closed);
  });

  test(`${place}: a closed client refuses calls`, async () => {
    const client = connect(service());
    client.close(closed);
    await assert.rejects(client.call('add', [1, 2]), { code: 'Disposed' });
  });
}

test('worker: an unknown exception arrives as Internal', async () => {
  const client = clients.worker(service());
  await assert.rejects(client.call('crash', []), { code: 'Internal', message: 'oops' });
  client.close(closed);
});

test('worker: a view is sent without the buffer around it, and stays usable', async () => {
  const client = clients.worker(service());
  const large = new Float32Array(1000);
  const view = large.subarray(10, 12);
  assert.equal(await client.call('bufferBytes', [view]), 8);
  assert.equal(large.length, 1000);
  client.close(closed);
});

test('worker: closing rejects what is under way', async () => {
  const client = clients.worker(service());
  const call = client.call('later', [1]);
  await nextTask();
  client.close(closed);
  await assert.rejects(call, { code: 'Disposed' });
});

test('worker: a script that does not load is an EngineStart error', async () => {
  const worker = { postMessage() {}, terminate() {} };
  const client = new Client(workerChannel(worker, 'test'));
  const call = client.call('add', [1, 2]);
  await nextTask();
  worker.onerror({ message: '', preventDefault() {} });
  await assert.rejects(call, { code: 'EngineStart', message: /test worker failed/ });
  await assert.rejects(client.call('add', [1, 2]), { code: 'EngineStart' });
});
