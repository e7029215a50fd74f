// A .wasm that is not there, or is something else: an error says where it was looked for, and what came.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { createEngine } from 'octavo';
import './support/engines.mjs';
import { packageRoot } from './support/package.mjs';

let server;
let base;
let wasm;
const other = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
before(async () => {
  wasm = await readFile(new URL('dist/engine/engine-simd.wasm', packageRoot));
  const answers = {
    '/page/': ['text/html; charset=utf-8', '<!doctype html><title>app</title>'],
    '/text/': ['text/plain', 'no wasm'],
    '/plain/': ['application/octet-stream', wasm],
    '/good/': ['application/wasm', wasm],
    '/cut/': ['application/wasm', wasm.subarray(0, 100_000)],
    '/cut-plain/': ['application/octet-stream', wasm.subarray(0, 100_000)],
    '/empty/': ['application/wasm', Buffer.alloc(0)],
    '/other/': ['application/wasm', other],
  };
  server = createServer((request, response) => {
    const answer = answers[request.url.replace(/[^/]*$/, '')];
    if (request.url.startsWith('/broken/')) response.writeHead(200, { 'content-length': 1000 }).destroy();
    else if (request.url.startsWith('/error/')) response.writeHead(503).end('later');
    else if (answer) response.writeHead(200, { 'content-type': answer[0] }).end(answer[1]);
    else response.writeHead(404).end('<!doctype html>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

const start = (folder, options = {}) =>
  createEngine({ build: 'simd', wasmUrl: `${base}/${folder}/`, ...options });

const bad = {
  none: /HTTP status 404/,
  error: /HTTP status 503/,
  page: /text\/html/,
  text: /magic/,
  cut: /./,
  'cut-plain': /./,
  empty: /./,
  broken: /./,
  other: /does not start/,
};

for (const [folder, reason] of Object.entries(bad)) {
  test(`${folder}: the error names the URL`, async () => {
    for (const threads of [1, 2]) {
      await assert.rejects(start(folder, { threads }), (error) => {
        assert.equal(error.name, 'OctavoError');
        assert.equal(error.code, 'EngineStart', error.message);
        assert.ok(error.message.includes(`${base}/${folder}/engine-simd`), error.message);
        assert.match(error.message, reason);
        assert.equal(error.file, `${base}/${folder}/engine-simd.wasm`);
        return true;
      });
    }
  });
}

test('any content type but a page will do, and a failed start leaves nothing running', async () => {
  for (const folder of ['good', 'plain']) (await start(folder, { threads: 1 })).dispose();
});

test('what is no URL is an InvalidOption', async () => {
  for (const wasmUrl of ['', 'dist/', '//', 'http://', 5, {}, null])
    await assert.rejects(
      createEngine({ wasmUrl }),
      { code: 'InvalidOption', message: /wasmUrl/ },
      String(wasmUrl),
    );
});

test('a file that is no engine', async () => {
  const wasmUrl = new URL('package.json', packageRoot);
  await assert.rejects(createEngine({ wasmUrl }), { code: 'EngineStart', message: /package\.json/ });
});
