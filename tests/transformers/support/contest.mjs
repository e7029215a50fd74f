// Octavo and onnxruntime-web under transformers.js in turns; the same code in Node and in a page.
import { fetched, pipelines } from './pipelines.mjs';
import { plain } from './plain.mjs';

const rounds = 7;

/** Times of both, in ms, with what both answer: { title, dtype, tokens, times: [[ms]], answers }. */
async function contest(libraries, { folder, task, title = task, ask, tokens = 0 }, dtype) {
  const pipes = [];
  const answers = [];
  for (const library of libraries) {
    const pipe = await library.pipeline(task, folder, { device: 'auto', dtype });
    answers.push(plain(await ask(pipe, library), library));
    pipes.push(pipe);
  }
  const times = libraries.map(() => []);
  for (let round = 0; round < rounds; ++round) {
    for (const [i, library] of libraries.entries()) {
      const start = performance.now();
      await ask(pipes[i], library);
      times[i].push(performance.now() - start);
    }
  }
  for (const pipe of pipes) await pipe.dispose();
  return { title, dtype, tokens, times, answers };
}

/** Every pipeline whose "title dtype" has `pattern` in it, each told to `say` when it is done. */
export async function contests(libraries, pattern, say) {
  for (const pipeline of [...fetched, ...pipelines.filter(({ expected }) => !expected)])
    for (const dtype of pipeline.dtypes.filter((each) => ['fp32', 'q8', 'q4'].includes(each)))
      if (`${pipeline.title ?? pipeline.task} ${dtype}`.match(pattern))
        await say(await contest(libraries, pipeline, dtype));
}
