// An engine in this thread.
import { OctavoError, messageOf } from './error.js';
import { EngineHost, offerOf } from './host.js';
import { platform } from './platform/platform.js';
import { localChannel, type Channel } from './rpc.js';
import { instantiate, type Variant } from './start.js';
import { Team } from './threads.js';

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
    const team = threads > 1 ? new Team(threads, () => platform.newThread(variant)) : undefined;
    return instantiate(glue.default, { wasm, url, memoryLimit }, team).catch((error: unknown) => {
      team?.end();
      throw error;
    });
  });
}

export function localEngine(variant: Variant): Channel {
  let host: EngineHost | undefined = localHost(variant);
  const channel = localChannel(offerOf(host));
  return {
    send: (method, args) => channel.send(method, args),
    close(reason) {
      channel.close(reason);
      host?.end();
      // Models may be held on to: what they lived in is not.
      host = undefined;
    },
  };
}
