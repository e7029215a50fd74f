// The contest in this process.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { contests } from './contest.mjs';
import { useOnnxruntimeWeb } from './onnxruntime_web.mjs';

const { resolve } = createRequire(import.meta.url);

/** transformers.js looks for its runtime when it is imported: once more for each, by another address. */
async function libraryOn(name, networks) {
  const library = pathToFileURL(resolve('transformers-4')).href.replace(/cjs$/, 'mjs');
  const made = await import(`${library}?${name}`);
  Object.assign(made.env, { allowRemoteModels: false, localModelPath: networks });
  return made;
}

export async function run(networks, pattern, say) {
  const { env } = await import('../../../web/package/dist/onnxruntime/index.js');
  env.octavo = { threads: 1 };
  await import('../../../web/package/dist/transformers/index.js');
  const octavo = await libraryOn('octavo', networks);

  await useOnnxruntimeWeb();
  await contests([octavo, await libraryOn('onnxruntime', networks)], pattern, say);
}
