// How much memory the WebAssembly modules of a page hold.

/**
 * Notes every WebAssembly memory of this thread from now on. The returned function says how many bytes they have together:
 * the peak so far, as they never shrink.
 */
export function watchWasmMemory() {
  const { Memory, instantiate, instantiateStreaming } = WebAssembly;
  const memories = new Set();
  const noteExports = (made) => {
    for (const value of Object.values((made.instance ?? made).exports))
      if (value instanceof Memory) memories.add(value);
    return made;
  };
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor) {
      super(descriptor);
      memories.add(this);
    }
  };
  WebAssembly.instantiate = async (...args) => noteExports(await instantiate(...args));
  WebAssembly.instantiateStreaming = async (...args) => noteExports(await instantiateStreaming(...args));
  return () => [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}
