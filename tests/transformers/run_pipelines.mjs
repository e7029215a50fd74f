// node run_pipelines.mjs octavo|onnxruntime-web 3|4 FOLDER: runs every pipeline on the networks of the folder, with one
// runtime and one major version of transformers.js, and prints {"folder dtype": result} as JSON.
import { useOnnxruntimeWeb } from './support/onnxruntime_web.mjs';
import { pipelines } from './support/pipelines.mjs';
import { plain } from './support/plain.mjs';

const octavoForTransformers = new URL('../../web/package/dist/transformers/index.js', import.meta.url);

/** Each puts a runtime where transformers.js looks for one when it is imported. */
const runtimes = {
  octavo: () => import(octavoForTransformers),
  'onnxruntime-web': useOnnxruntimeWeb,
};

const [runtime, version, folder] = process.argv.slice(2);
await runtimes[runtime]();
const library = await import(`transformers-${version}`);
library.env.allowRemoteModels = false;
library.env.localModelPath = folder;

const results = {};
for (const { folder, task, dtypes, ask } of pipelines) {
  for (const dtype of dtypes) {
    try {
      // A runtime that is found at the symbol has no device of its own: "auto" leaves the choice to it.
      const pipe = await library.pipeline(task, folder, { device: 'auto', dtype });
      results[`${folder} ${dtype}`] = plain(await ask(pipe, library), library);
      await pipe.dispose();
    } catch (error) {
      results[`${folder} ${dtype}`] = { error: String(error) };
    }
  }
}
// What the libraries say goes to stdout, too.
console.log(`\n${JSON.stringify(results)}`);
