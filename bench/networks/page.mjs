import { measure } from './measure.mjs';

const bytes = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());

globalThis.measureInPage = async (rounds) => {
  const [float, u8, u7, input] = await Promise.all(
    ['float.onnx', 'u8.onnx', 'u7.onnx', 'input.f32'].map((name) => bytes(`/${name}`)),
  );
  return measure({ models: { float, u8, u7 }, input: new Float32Array(input.buffer), rounds });
};
