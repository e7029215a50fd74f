// Sizes that are announced and not true, and sources that break off: nothing is written where it does not belong.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadModel } from 'octavo';
import { makeCanary } from './support/failures.mjs';
import { hostedEngine } from './support/hosted.mjs';
import { modelBytes } from './support/networks.mjs';

let engine;
let native;
let canary;
let bytes;
let live;
let parameters;
before(async () => {
  ({ engine, native } = await hostedEngine('simd'));
  canary = await makeCanary(engine);
  bytes = await modelBytes('mnist.onnx');
  live = await engine.liveObjects();
  ({ parameters } = canary);
});
after(() => engine.dispose());

/** Loads, and gives what progress said of the download; a model is good, and nothing is left of it. */
async function load(source, options = {}) {
  const totals = [];
  const onProgress = ({ phase, total, loaded }) => phase === 'download' && totals.push([loaded, total]);
  try {
    const model = await loadModel(source, { engine, onProgress, ...options });
    assert.equal(model.describe().parameters, parameters);
    model.dispose();
  } finally {
    assert.equal(await engine.liveObjects(), live);
    await canary.check('after a load');
  }
  return totals;
}

const answer = (headers, body = bytes) => new Response(body, { headers });

test('a length that is none counts as unknown', async () => {
  for (const length of [
    '1e99',
    'abc',
    '-1',
    '+5',
    '0x10',
    '1.5',
    '',
    '84224, 84225',
    '9'.repeat(400),
    'NaN',
  ]) {
    for (const [, total] of await load(answer({ 'content-length': length })))
      assert.equal(total, undefined, length);
  }
  for (const [, total] of await load(answer({ 'content-length': '10', 'content-encoding': 'gzip' })))
    assert.equal(total, undefined);
});

test('a length that is given twice is that length', async () => {
  const twice = `${bytes.length}, ${bytes.length}`;
  for (const [, total] of await load(answer({ 'content-length': twice }))) assert.equal(total, bytes.length);
});

test('a body that is longer than announced grows, and its size is unknown from there on', async () => {
  for (const length of [0, 1, bytes.length >> 1, bytes.length - 1]) {
    const totals = await load(answer({ 'content-length': String(length) }));
    assert.deepEqual(totals[0], [0, length]);
    for (const [loaded, total] of totals) assert.equal(total, loaded > length ? undefined : length);
  }
});

test('a body that is shorter than announced is an error', async () => {
  for (const length of [bytes.length + 1, 3e8]) {
    await assert.rejects(load(answer({ 'content-length': String(length) })), {
      code: /Download|OutOfMemory/,
    });
  }
});

test('what memory cannot have is refused before it is downloaded', async () => {
  for (const length of ['4294967296', '5000000000', '9007199254740991']) {
    let pulled = 0;
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(bytes.slice(pulled++)) });
    await assert.rejects(load(answer({ 'content-length': length }, body)), {
      code: 'OutOfMemory',
      message: new RegExp(length),
    });
    assert.ok(pulled < 3);
  }
});

test('a file that lies about its size', async () => {
  for (const size of [NaN, -1, 1e300, Infinity, 0, 1, undefined, '7', null, 2 ** 53]) {
    class Liar extends File {
      get size() {
        return size;
      }
    }
    await load(new Liar([bytes], 'liar.onnx'));
  }
});

const chunks = (...parts) =>
  new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });

test('a stream of something else than bytes', async () => {
  const view = new DataView(bytes.slice().buffer);
  const fake = Object.create(Uint8Array.prototype, { byteLength: { value: 5e9 }, length: { value: 5e9 } });
  for (const part of [
    'text',
    5,
    null,
    undefined,
    {},
    [1, 2],
    bytes.slice().buffer,
    view,
    new Float32Array(4),
    fake,
  ]) {
    class Stream extends Blob {
      stream() {
        return chunks(bytes.subarray(0, 100), part);
      }
    }
    await assert.rejects(load(new Stream([bytes])), { code: 'Download', message: /no stream of bytes/ });
  }
});

test('chunks in memory of every kind, and empty ones', async () => {
  const shared = new Uint8Array(new SharedArrayBuffer(1000));
  shared.set(bytes.subarray(1000, 2000));
  const resizable = new Uint8Array(new ArrayBuffer(1000, { maxByteLength: 2000 }));
  resizable.set(bytes.subarray(2000, 3000));
  const parts = [
    bytes.subarray(0, 1000),
    new Uint8Array(0),
    shared,
    resizable,
    Buffer.from(bytes.subarray(3000)),
  ];
  class Stream extends Blob {
    stream() {
      return chunks(...parts);
    }
  }
  await load(new Stream([bytes]));
});

test('a stream that breaks off, and one that is given up, leave no memory taken', async () => {
  const breaking = () =>
    new ReadableStream({
      start: (controller) => controller.enqueue(bytes.subarray(0, 1000)),
      pull: (controller) => controller.error(new Error('the cable')),
    });
  await assert.rejects(load(answer({}, breaking())), { code: 'Download', message: /the cable/ });
  const endless = () =>
    new ReadableStream({ pull: (controller) => controller.enqueue(bytes.slice(0, 1000)) });
  const controller = new AbortController();
  const onProgress = ({ loaded }) => loaded > 5000 && controller.abort();
  const given = load(answer({}, endless()), { signal: controller.signal, onProgress });
  await assert.rejects(given, { name: 'AbortError' });
});

test('many downloads that fail leave the heap as it was', async () => {
  const fail = () =>
    assert.rejects(load(answer({ 'content-length': String(bytes.length + 1) })), { code: 'Download' });
  for (let i = 0; i < 5; ++i) await fail();
  const heap = await engine.heapBytes();
  for (let i = 0; i < 100; ++i) await fail();
  assert.equal(await engine.heapBytes(), heap);
});

test('the engine writes nowhere else, whatever it is told', async () => {
  const download = native.beginDownload();
  for (const size of [NaN, -1, 1.5e300, Infinity, -Infinity, 2 ** 32, 2 ** 53])
    assert.throws(() => download.reserve(size), { code: 'OutOfMemory' });
  download.reserve(10);
  for (const length of [-1, 2 ** 32 - 1, 2 ** 32, NaN, 1e300]) {
    const liar = Object.defineProperty(bytes.slice(), 'length', { value: length });
    assert.throws(() => download.append(liar), { code: 'OutOfMemory' });
  }
  await canary.check('after lies about lengths');
  download.delete();
});
