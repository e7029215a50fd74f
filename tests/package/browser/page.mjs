// What tests call in a page: `await window.runModel(…)`. Tensors and files travel as base64, which Playwright copies
// faster than arrays of numbers.
import { Tensor, createEngine, loadModel } from 'octavo';

const decode = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const encode = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));

/** Runs a model on one float32 tensor; the elements of its first output, and the engine's own account. */
window.runModel = async ({ build, url, input, dims }) => {
  const engine = await createEngine({ build });
  try {
    const model = await loadModel(url, { engine });
    const data = new Float32Array(decode(input).buffer);
    const outputs = await model.run({ [model.inputs[0].name]: new Tensor('float32', data, dims) });
    const output = Object.values(outputs)[0].data;
    return {
      output: encode(new Uint8Array(output.buffer, output.byteOffset, output.byteLength)),
      info: engine.info,
    };
  } finally {
    engine.dispose();
  }
};
document.title = 'ready';
