// clang-tidy over the C++ sources, a file a processor, each again only when it or a header has changed.
import { availableParallelism } from 'node:os';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRoot } from './paths.mjs';
import { Problem, findProgram, runStatus } from './run.mjs';
import { sourceFiles } from './sources.mjs';
import { contentHash, isStamped, writeStamp } from './stamp.mjs';

/** `buildFolder` has the compile_commands.json. Gives the number of files with complaints. */
export async function clangTidy(buildFolder) {
  const program = ['clang-tidy-19', 'clang-tidy'].find((name) => findProgram(name));
  if (!program) throw new Problem('clang-tidy is not there: run `npm run setup`');
  const compiled = readFileSync(join(buildFolder, 'compile_commands.json'), 'utf8');
  const headers = contentHash([
    inRoot('.clang-tidy'),
    ...sourceFiles(['.h', '.inc']).map((file) => inRoot(file)),
  ]);
  const waiting = sourceFiles(['.cc']).filter(
    (file) => file.startsWith('src/') && compiled.includes(`/${file}"`),
  );
  let complaints = 0;
  const worker = async () => {
    for (let file = waiting.pop(); file; file = waiting.pop()) {
      const stampFile = inRoot('build/stamps/clang-tidy', file);
      const content = headers + contentHash([inRoot(file)]);
      if (isStamped(stampFile, content)) continue;
      const status = await runStatus(program, ['-p', buildFolder, '--quiet', inRoot(file)], { quiet: true });
      if (status === 0) writeStamp(stampFile, content);
      else complaints += 1;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return complaints;
}
