// An engine in this thread.
import { OctavoError, messageOf } from './error.js';
import { EngineHost, offerOf } from './host.js';
import { platform } from './platform/platform.js';
import { localChannel, type Channel } from './rpc.js';
import { instantiate, type Variant } from './start.js';

/** A host of an engine of that build, which loads when it is started. */
export function localHost(variant: Variant): EngineHost {
  return new EngineHost(async ({ wasmUrl, threads, memoryLimit }) => {
    const url = wasmUrl ? new URL(wasmUrl) : platform.wasmUrl(variant);
    const [glue, wasm] = await Promise.all([
      platform.glue(variant).catch((error: unknown) => {
        throw new OctavoError(
          'EngineStart',
          `cannot load the ${variant} engine: ${messageOf(error)}`,
          {},
          { cause: error },
        );
      }),
      platform.compile(url),
    ]);
    return instantiate(glue.default, { wasm, url, hasThreads: threads > 1, memoryLimit });
  });
}

export const localEngine = (variant: Variant): Channel => localChannel(offerOf(localHost(variant)));
