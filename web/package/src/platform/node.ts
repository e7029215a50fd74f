// Node, Deno and Bun: the engine in the caller's thread unless asked otherwise, files by path.
import { open, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { OctavoError, messageOf } from '../error.js';
import type { Source } from '../source.js';
import { newThread } from '../node/engine_threads.js';
import { WebWorker } from '../node/web_worker.js';
import { workerChannel } from '../rpc.js';
import { compileFromUrl } from '../start.js';
import { glue } from './engine_files.js';
import type { Platform } from './platform.js';

const chunkBytes = 1 << 20;

async function openFile(path: string | URL): Promise<Source> {
  const name = path instanceof URL ? fileURLToPath(path) : path;
  try {
    const file = await open(name);
    const stat = await file.stat();
    if (stat.isDirectory()) {
      await file.close();
      throw new Error('it is a folder');
    }
    const chunks = file.createReadStream({ highWaterMark: chunkBytes });
    return { name, total: stat.size, chunks, close: () => void chunks.destroy() };
  } catch (error) {
    throw new OctavoError('File', `cannot read ${name}: ${reason(error)}`, { file: name }, { cause: error });
  }
}

function reason(error: unknown): string {
  const code = (error as { code?: string }).code;
  return code === 'ENOENT' ? 'there is no such file' : messageOf(error);
}

async function compile(url: URL): Promise<WebAssembly.Module> {
  if (url.protocol !== 'file:') return compileFromUrl(url);
  try {
    return await WebAssembly.compile(await readFile(url));
  } catch (error) {
    const file = fileURLToPath(url);
    throw new OctavoError('EngineStart', `cannot load the engine from ${file}: ${reason(error)}`, { file });
  }
}

export const nodePlatform: Platform = {
  builds: ['relaxed', 'simd'],
  trains: true,
  noThreads: undefined,
  workerByDefault: false,
  startWorker(variant, workerUrl) {
    if (workerUrl) throw new OctavoError('InvalidOption', "option 'workerUrl' is for browsers");
    const worker = new WebWorker(new URL('../node/engine_worker.js', import.meta.url), variant);
    return workerChannel(worker as unknown as Worker, variant);
  },
  explainWorker: () => Promise.resolve('a thread of Node'),
  glue: (variant) => glue[variant](),
  wasmUrl: (variant) => new URL(`../engine/engine-${variant}.wasm`, import.meta.url),
  newThread,
  cores: availableParallelism,
  compile,
  baseUrl: () => undefined,
  openFile,
};
