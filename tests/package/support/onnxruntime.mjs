// onnxruntime-web, the reference of float outputs and the reader of what Octavo writes.
import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** A session of an ONNX file's bytes. */
export const createSession = (bytes) => ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });

/** Runs it on one tensor of Octavo's. */
export async function runSession(session, input, { type, data, dims }) {
  return session.run({ [input]: new ort.Tensor(type, data, dims) });
}
