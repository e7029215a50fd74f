// A thread that watches another one, which cannot be interrupted: see fuzz.mjs.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';

const { shared, mostMs } = workerData;
const header = new Int32Array(shared, 0, 4);
let last = 0;
let since = performance.now();

setInterval(() => {
  const mutant = Atomics.load(header, 0);
  if (mutant !== last) {
    last = mutant;
    since = performance.now();
  } else if (mutant > 0 && performance.now() - since > 3 * mostMs) {
    const file = join(tmpdir(), `octavo-hang-${process.pid}-${mutant - 1}.onnx`);
    writeFileSync(file, new Uint8Array(shared, 16, Atomics.load(header, 1)).slice());
    console.error(`mutant ${mutant - 1} takes too long: ${file}`);
    process.kill(process.pid, 'SIGKILL');
  }
}, 500);
