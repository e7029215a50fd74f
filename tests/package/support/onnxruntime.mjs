// onnxruntime-web, the reference of float outputs and the reader of what Octavo writes.
import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** A session of an ONNX file's bytes. */
export const createSession = (bytes) => ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });

/** Runs it on Octavo's tensors. */
export async function runOnFeeds(session, feeds) {
  const entries = Object.entries(feeds);
  return session.run(
    Object.fromEntries(
      entries.map(([name, { type, data, dims }]) => [name, new ort.Tensor(type, data, dims)]),
    ),
  );
}

/** Runs it on one tensor of Octavo's. */
export const runSession = (session, input, tensor) => runOnFeeds(session, { [input]: tensor });
