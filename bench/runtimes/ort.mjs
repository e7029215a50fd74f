// onnxruntime-web's CPU build as a contestant; see octavo.mjs. Its thread count is the page's or process's for good.

/** `load` imports the package, whose entries differ between Node and pages. */
export async function startOrt({ threads = 1, folder, load }) {
  const ort = await load();
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  if (folder.startsWith('http')) ort.env.wasm.wasmPaths = folder;
  return {
    runtime: 'onnxruntime-web',
    build: null,
    threads,
    /** `bytes` may be an address. */
    async load(bytes, feeds) {
      const session = await ort.InferenceSession.create(bytes, {
        executionProviders: ['wasm'],
        intraOpNumThreads: threads,
      });
      const tensors = Object.fromEntries(
        Object.entries(feeds).map(([name, { type, data, dims }]) => [name, new ort.Tensor(type, data, dims)]),
      );
      const run = async () => {
        const outputs = await session.run(tensors);
        return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
      };
      return { run, dispose: () => session.release() };
    },
    dispose: () => {},
  };
}
