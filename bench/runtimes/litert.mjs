// LiteRT.js's CPU path as a contestant; see octavo.mjs. It runs in pages only. Outputs are named by their index.

/** Undefined outside of pages. `folder` holds its WebAssembly files. */
export async function startLitert({ folder }) {
  if (!folder.startsWith('http')) return undefined;
  const litert = await import('@litertjs/core');
  await litert.loadLiteRt(folder);
  return {
    runtime: 'litert',
    build: null,
    threads: 1,
    async load(bytes, { x }) {
      const model = await litert.loadAndCompile(bytes, {
        accelerator: 'wasm',
        cpuOptions: { numThreads: 1 },
      });
      // The input stays in its memory: the peers copy theirs in anew at each run.
      const input = new litert.Tensor(x.data, x.dims);
      const read = (output) => output.toTypedArray();
      const run = async (take = read) => {
        const outputs = await model.run([input]);
        const taken = outputs.map(take);
        for (const output of outputs) output.delete();
        return taken;
      };
      const dispose = () => {
        input.delete();
        model.delete();
      };
      return { run, compute: () => run(() => {}), dispose };
    },
    dispose: () => litert.unloadLiteRt(),
  };
}
