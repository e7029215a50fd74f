// The loop around Silero VAD: each frame of sound goes in with the state that the frame before has left.
import * as ort from 'onnxruntime-web';

const frame = 512;
const context = 64;

export async function hear(modelUrl, samples) {
  const session = await ort.InferenceSession.create(modelUrl, {
    executionProviders: ['wasm'],
    logSeverityLevel: 3,
  });
  const sr = new ort.Tensor('int64', [16000n], []);
  let state = new ort.Tensor('float32', new Float32Array(256), [2, 1, 128]);
  let before = new Float32Array(context);
  const likelihoods = [];
  for (let at = 0; at + frame <= samples.length; at += frame) {
    const heard = samples.subarray(at, at + frame);
    const input = new ort.Tensor('float32', Float32Array.of(...before, ...heard), [1, context + frame]);
    const { output, stateN } = await session.run({ input, state, sr });
    likelihoods.push(output.data[0]);
    state = stateN;
    before = heard.slice(-context);
  }
  return likelihoods;
}
