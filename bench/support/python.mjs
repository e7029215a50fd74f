// A program in Python that answers requests: runtimes/training/pytorch_steps.py.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { inBuild, inRoot } from './paths.mjs';

/**
 * Starts it with that interpreter: {ask(request), close()}. `ask` resolves to the answer, requests one after the other, and rejects
 * with what the program reports, or where it ended.
 */
export function startPython(interpreter) {
  const script = inRoot('bench/runtimes/training/pytorch_steps.py');
  const child = spawn(interpreter, [script, inBuild('material')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise((_, reject) => {
    child.on('error', reject);
    child.on('exit', (status) => reject(new Error(`${interpreter} ended with status ${status}`)));
  });
  // Whoever asks gets to know; nobody may.
  failed.catch(() => {});
  child.stdin.on('error', () => {});
  let last = Promise.resolve();
  const answerTo = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await Promise.race([lines.next(), failed]);
    const answer = done ? await failed : JSON.parse(value);
    if (answer.error) throw new Error(answer.error);
    return answer;
  };
  return {
    ask(request) {
      const answer = last.then(() => answerTo(request));
      last = answer.catch(() => {});
      return answer;
    },
    close: () => child.stdin.end(),
  };
}
