// Mutants through the package. Used by a short test and by tools/fuzz-package.mjs.
import { Worker } from 'node:worker_threads';
import { Finding, exercise } from './exercise.mjs';
import { makeCanary } from './failures.mjs';
import { hostedEngine } from './hosted.mjs';
import { mutate } from './mutate.mjs';
import { modelBytes } from './networks.mjs';
import { randomFrom } from './random.mjs';
import { smallModel } from './small_models.mjs';

/** More memory than any mutant has a right to: refused, as a small device would. */
const mostBytes = 256 << 20;
const mostMs = 10_000;
const watchedBytes = 1 << 22;

/** Refuses memory above a limit while `work` runs. */
async function withLimitedMemory(work) {
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (this.buffer.byteLength + pages * 65_536 > mostBytes) throw new RangeError('refused');
    return grow.call(this, pages);
  };
  try {
    return await work();
  } finally {
    WebAssembly.Memory.prototype.grow = grow;
  }
}

/** Another thread that ends the process when one mutant takes too long, and says which it was. */
function startWatchdog() {
  const shared = new SharedArrayBuffer(16 + watchedBytes);
  const header = new Int32Array(shared, 0, 4);
  const bytes = new Uint8Array(shared, 16);
  const worker = new Worker(new URL('watchdog.mjs', import.meta.url), { workerData: { shared, mostMs } });
  worker.unref();
  return {
    begin(index, mutant) {
      bytes.set(mutant.subarray(0, watchedBytes));
      Atomics.store(header, 1, Math.min(mutant.length, watchedBytes));
      Atomics.store(header, 0, index + 1);
    },
    end: () => worker.terminate(),
  };
}

/** Files to change: the smallest model of the repository, and small ones; what is quantized is a start for others. */
async function seedFiles(engine, random) {
  const { loadModel } = await import('octavo');
  const files = [await modelBytes('mnist.onnx')];
  const mnist = await loadModel(files[0], { engine });
  const quantized = await mnist.quantizeDynamic();
  files.push(await quantized.toOnnx());
  mnist.dispose();
  quantized.dispose();
  for (let i = 0; i < 200; ++i) {
    const bytes = smallModel(random);
    files.push(bytes);
    const model = await loadModel(bytes, { engine });
    const [input] = model.inputs;
    const { Tensor } = await import('octavo');
    const dims = (input.dims ?? [1, 3, 4, 5]).map((dim) => (typeof dim === 'number' ? dim : 1));
    const count = dims.reduce((product, dim) => product * dim, 1);
    const sample = new Tensor(
      'float32',
      Float32Array.from({ length: count }, () => random.below(200) / 100 - 1),
      dims,
    );
    for (const quantize of [
      () => model.quantizeDynamic(),
      () => model.quantizeStatic({ calibration: [sample] }),
    ]) {
      const copy = await quantize().catch(() => undefined);
      if (!copy) continue;
      files.push(await copy.toOnnx());
      copy.dispose();
    }
    model.dispose();
  }
  return files;
}

/** Takes `mutants` files through everything; `keep(bytes, name, reason)` is given each finding. Counts how far they came. */
export function fuzz({ build, mutants, seed, keep, report = () => {} }) {
  return withLimitedMemory(async () => {
    const random = randomFrom(seed);
    const counts = {};
    let { engine } = await hostedEngine(build);
    let canary = await makeCanary(engine);
    const files = await seedFiles(engine, random);
    const watchdog = startWatchdog();
    const begin = performance.now();
    for (let i = 0; i < mutants; ++i) {
      // A network of the repository takes ten times as long as a small one.
      const bytes = mutate(
        files[random.chance(20) ? random.below(2) : 2 + random.below(files.length - 2)],
        random,
      );
      watchdog.begin(i, bytes);
      const start = performance.now();
      try {
        const reached = await exercise(engine, bytes, random);
        for (const name of Object.keys(reached)) counts[name] = (counts[name] ?? 0) + 1;
        if (reached.unreadable) keep(bytes, `unreadable-${seed}-${i}`, 'what was written cannot be read');
        await canary.check(`mutant ${i}`);
        const ms = performance.now() - start;
        if (ms > mostMs) throw new Finding('all', `took ${Math.round(ms)} ms`);
      } catch (error) {
        keep(bytes, `finding-${seed}-${i}`, error.message);
        engine.dispose();
        ({ engine } = await hostedEngine(build));
        canary = await makeCanary(engine);
      }
      if ((i + 1) % 5000 === 0)
        report(`${i + 1} mutants in ${Math.round((performance.now() - begin) / 1000)} s`);
    }
    await watchdog.end();
    engine.dispose();
    return counts;
  });
}
