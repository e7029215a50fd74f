// From a .wasm file to a native module, and the choice between the builds.
import { relaxedSimd, simd } from 'wasm-feature-detect';
import { OctavoError, messageOf } from './error.js';
import type { CreateNativeModule, LoadedModule } from './host.js';
import type { Build } from './options.js';
import { sharedMemory } from './threads.js';

/** The files of a build: those that train, and those that share memory between threads, have names of their own. */
export type Variant = `${'train-' | ''}${Build}${'-threads' | ''}`;

/** Which build to load, and a sentence of why. */
export interface BuildChoice {
  build: Build;
  why: string;
}

/**
 * Takes the best build that runs here, or checks the wanted one.
 * @throws OctavoError `EngineStart` when it does not run here, `InvalidOption` when there is no such build
 */
export async function chooseBuild(wanted: Build | 'auto', builds: readonly Build[]): Promise<BuildChoice> {
  if (!['simd', 'relaxed', 'auto'].includes(wanted)) {
    throw new OctavoError(
      'InvalidOption',
      `option 'build' is one of 'simd', 'relaxed', 'auto', not '${wanted}'`,
    );
  }
  const [hasSimd, hasRelaxed] = await Promise.all([simd(), relaxedSimd()]);
  if (!hasSimd) {
    throw new OctavoError(
      'EngineStart',
      'this JavaScript engine has no WebAssembly SIMD, which Octavo needs',
    );
  }
  if (!builds.includes('relaxed') && wanted !== 'relaxed')
    return { build: 'simd', why: 'there is no other in this file' };
  if (wanted === 'simd') return { build: 'simd', why: 'asked for' };
  if (wanted === 'relaxed' && !builds.includes('relaxed'))
    throw new OctavoError('EngineStart', 'the relaxed build is not in this file');
  if (wanted === 'relaxed' && !hasRelaxed) {
    throw new OctavoError('EngineStart', `the relaxed build does not run here: ${whyNotRelaxed()}`);
  }
  if (wanted === 'relaxed') return { build: 'relaxed', why: 'asked for' };
  return hasRelaxed
    ? { build: 'relaxed', why: 'relaxed SIMD is supported' }
    : { build: 'simd', why: whyNotRelaxed() };
}

function whyNotRelaxed(): string {
  const node = (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node;
  const flag = node && Number.parseInt(node) < 22;
  return flag
    ? `Node ${node} has relaxed SIMD only with --experimental-wasm-relaxed-simd --no-liftoff`
    : 'relaxed SIMD is not supported';
}

/** Where a file is: in the folder `url` if that ends with a slash, else at `url` itself. */
export function fileLocation(name: string, url: URL): URL {
  return url.pathname.endsWith('/') ? new URL(name, url) : url;
}

/**
 * Fetches and compiles, while it streams where the server says `application/wasm`.
 * @throws OctavoError `EngineStart`
 */
export async function compileFromUrl(url: URL): Promise<WebAssembly.Module> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    const type = response.headers.get('content-type')?.split(';')[0]?.trim();
    if (type === 'text/html') throw new Error('a page (text/html) is there, no WebAssembly');
    if (type === 'application/wasm') return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new OctavoError('EngineStart', `cannot load the engine from ${url.href}: ${messageOf(error)}`, {
      file: url.href,
    });
  }
}

/** A .wasm, where it came from, whether threads share its memory, and the bytes that this may grow to. */
export interface CompiledEngine {
  wasm: WebAssembly.Module;
  url: URL;
  hasThreads: boolean;
  memoryLimit: number | undefined;
}

/** Has `memory` refuse to grow beyond `limit` bytes. The engine then answers as where the system refuses. */
function limitGrowth(memory: WebAssembly.Memory, limit: number): void {
  const pageBytes = 65_536;
  memory.grow = function (pages) {
    const bytes = this.buffer.byteLength + Number(pages) * pageBytes;
    if (bytes > limit) throw new RangeError(`the engine's memory is limited to ${limit} bytes`);
    return WebAssembly.Memory.prototype.grow.call(this, pages);
  };
}

/**
 * A new, independent native module.
 * @throws OctavoError `EngineStart`
 */
export function instantiate(
  create: CreateNativeModule,
  { wasm, url, hasThreads, memoryLimit }: CompiledEngine,
): Promise<LoadedModule> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) =>
      reject(
        new OctavoError(
          'EngineStart',
          `the engine from ${url.href} does not start: ${messageOf(error)}`,
          { file: url.href },
          { cause: error },
        ),
      );
    const ignore = () => {};
    const memory = hasThreads ? sharedMemory() : undefined;
    create({
      ...(memory ? { wasmMemory: memory } : {}),
      instantiateWasm(imports, done) {
        WebAssembly.instantiate(wasm, imports)
          .then((instance) => {
            const own = Object.values(instance.exports).find((item) => item instanceof WebAssembly.Memory);
            const grown = memory ?? own;
            if (grown && memoryLimit !== undefined) limitGrowth(grown, memoryLimit);
            done(instance, wasm);
          })
          .catch(fail);
        return {};
      },
      print: ignore,
      printErr: ignore,
    }).then((native) => resolve(memory ? { native, shared: { module: wasm, memory } } : { native }), fail);
  });
}
