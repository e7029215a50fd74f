// What every thread does.
import type { ThreadStart } from './threads.js';

function unreachable(): never {
  throw new Error('a thread called out of its module');
}

/**
 * Takes part in what the engine computes until it is ended; calls `ready` just before. The instance needs no imports but
 * the memory: kernels call nothing outside of the module.
 */
export function runThread(begin: ThreadStart, ready: () => void): void {
  const { module, memory, entry, arguments: args, alarm } = begin;
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module))
    (imports[from] ??= {})[name] = kind === 'memory' ? memory : unreachable;
  const { exports } = new WebAssembly.Instance(module, imports);
  // Its export has no fixed name.
  const table = Object.values(exports).find((value) => value instanceof WebAssembly.Table);
  const start = table?.get(entry) as (...args: number[]) => void;
  ready();
  try {
    start(...args);
  } catch (error) {
    // The engine may wait for what this thread had begun.
    const words = new Int32Array(memory.buffer);
    Atomics.or(words, alarm / words.BYTES_PER_ELEMENT, 1 << 31);
    Atomics.notify(words, alarm / words.BYTES_PER_ELEMENT);
    throw error;
  }
}
