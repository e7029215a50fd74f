// transformers.js chooses its runtime as it is imported: each has a process of its own.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('../run_pipelines.mjs', import.meta.url));

/** What every pipeline gives on a runtime in a major version of transformers.js: {"folder dtype": result}. */
export async function resultsOn(runtime, version, networks) {
  const { stdout } = await promisify(execFile)(process.execPath, [script, runtime, version, networks], {
    maxBuffer: 1 << 28,
  });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1));
}
