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
  refuse() {
    return new Float32Array(2 ** 52);
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

  test(`${place}: only what is declared can be called`, async () => {
    const object = { ...service(), hidden: () => 'secret' };
    const client = connect(object);
    for (const method of [
      'hidden',
      'log',
      'constructor',
      'toString',
      '__proto__',
      'hasOwnProperty',
      '',
      undefined,
      7,
    ])
      await assert.rejects(
        client.call(method, []),
        { name: 'OctavoError', code: 'Unsupported' },
        String(method),
      );
    assert.equal(await client.call('add', [1, 2]), 3);
    client.close(closed);
  });

  test(`${place}: whatever a service throws is an OctavoError`, async () => {
    const client = connect(service());
    await assert.rejects(client.call('crash', []), {
      name: 'OctavoError',
      code: 'Internal',
      message: 'oops',
    });
    await assert.rejects(client.call('refuse', []), { name: 'OctavoError', code: 'OutOfMemory' });
    client.close(closed);
  });

  test(`${place}: a closed client refuses calls`, async () => {
    const client = connect(service());
    client.close(closed);
    await assert.rejects(client.call('add', [1, 2]), { code: 'Disposed' });
  });
}

test('worker: what cannot be sent is an InvalidOption, and the next call goes through', async () => {
  const client = clients.worker(service());
  for (const value of [() => 1, Symbol('s'), { deep: [() => 1] }])
    await assert.rejects(client.call('add', [value, 1]), { name: 'OctavoError', code: 'InvalidOption' });
  assert.equal(await client.call('add', [1, 2]), 3);
  client.close(closed);
});

test('worker: arrays that are handed over are moved, others are copied', async () => {
  const client = clients.worker(service());
  const [moved, copied] = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
  await client.call('double', [rpc.handOver({ tensors: [{ data: moved }] }).tensors[0].data]);
  await client.call('double', [copied]);
  assert.deepEqual([moved.length, copied.length], [0, 2]);
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

/** A worker that does nothing by itself. */
function idleWorker() {
  const worker = {
    sent: [],
    ended: 0,
    postMessage: (message) => worker.sent.push(message),
    terminate: () => ++worker.ended,
  };
  return worker;
}

/** What may happen to a worker while calls wait for it. */
const accidents = {
  'its thread ends with an error': (worker) =>
    worker.onerror({ message: 'out of memory', preventDefault() {} }),
  'an answer cannot be read': (worker) => worker.onmessageerror({}),
  'a call could not be read': (worker) =>
    worker.onmessage({ data: { error: { code: 'Internal', message: 'unread' } } }),
};

for (const [name, happen] of Object.entries(accidents)) {
  test(`worker: ${name}: nobody is left waiting`, async () => {
    const worker = idleWorker();
    const client = new Client(workerChannel(worker, 'test'));
    const first = client.call('add', [1, 2]);
    await nextTask();
    worker.onmessage({ data: { id: worker.sent[0].id, result: 3 } });
    assert.equal(await first, 3);
    const waiting = [client.call('add', [1, 2]), client.call('add', [3, 4])];
    await nextTask();
    happen(worker);
    for (const call of waiting)
      await assert.rejects(call, { code: 'Internal', message: /test worker failed/ });
    await assert.rejects(client.call('add', [1, 2]), { code: 'Internal' });
    assert.equal(worker.ended, 1);
  });
}

test('worker: a call that arrives unreadable is answered', () => {
  const sent = [];
  const scope = { postMessage: (message) => sent.push(message) };
  rpc.serve({ service: service(), calls }, scope);
  scope.onmessageerror();
  assert.deepEqual(
    sent.map(({ id, error }) => [id, error.code]),
    [[undefined, 'Internal']],
  );
});

test('worker: a script that does not load is an EngineStart error', async () => {
  const worker = idleWorker();
  const client = new Client(workerChannel(worker, 'test'));
  const call = client.call('add', [1, 2]);
  await nextTask();
  worker.onerror({ message: '', preventDefault() {} });
  await assert.rejects(call, { code: 'EngineStart', message: /test worker failed/ });
  await assert.rejects(client.call('add', [1, 2]), { code: 'EngineStart' });
});
