// Jobs in Node: each in a process of its own, as runtimes keep global state.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const child = fileURLToPath(new URL('node_child.mjs', import.meta.url));

export async function startNode() {
  return {
    version: `Node ${process.versions.node} (V8 ${process.versions.v8})`,
    run: (job, say) =>
      new Promise((resolve, reject) => {
        const process = fork(child, { serialization: 'advanced' });
        process.on('message', ({ line, rows, error }) => {
          if (line !== undefined) say(line);
          else if (rows) resolve(rows);
          else reject(new Error(error));
        });
        process.on('error', reject);
        process.on('exit', (code) => reject(new Error(`the process of the job ended with status ${code}`)));
        process.send(job);
      }),
    close: async () => {},
  };
}
