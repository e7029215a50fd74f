// Engines whose inside tests can look into and meddle with.
import { readFile } from 'node:fs/promises';
import { enableRelaxedSimd } from 'octavo/node';
import { inner, packageRoot } from './package.mjs';

enableRelaxedSimd();
const { Engine } = await inner('engine.js');
const { EngineHost, offerOf } = await inner('host.js');
const { Client, localChannel } = await inner('rpc.js');
const { instantiate } = await inner('start.js');

const compiled = new Map();

async function compile(variant, url) {
  if (!compiled.has(variant)) compiled.set(variant, WebAssembly.compile(await readFile(url)));
  return compiled.get(variant);
}

/**
 * An engine in this thread with the native module that it runs on. `meddle` may change the imports of the instance;
 * `team` is the threads of a variant with threads.
 */
export async function hostedEngine(variant, { meddle = () => {}, team } = {}) {
  const { default: create } = await inner(`engine/engine-${variant}.mjs`);
  const url = new URL(`dist/engine/engine-${variant}.wasm`, packageRoot);
  const wasm = await compile(variant, url);
  let native;
  const host = new EngineHost(async () => {
    const createMeddled = (options) =>
      create({
        ...options,
        instantiateWasm: (imports, done) => options.instantiateWasm(meddle(imports) ?? imports, done),
      });
    const loaded = await instantiate(createMeddled, { wasm, url, hasThreads: team !== undefined });
    native = loaded.native;
    return loaded;
  });
  const client = new Client(localChannel(offerOf(host)));
  const threads = team ? 2 : 1;
  const info = await client.call('start', [{ wasmUrl: undefined, forcedKernels: undefined, threads }]);
  const begun = await team?.begin(info.starts);
  const engine = new Engine(client, {
    ...info,
    threads: begun?.threads ?? 1,
    threadsWhy: begun?.why ?? 'test',
    why: 'test',
    worker: false,
  });
  return { engine, native, host };
}
