// Octavo as the runtime of transformers.js, which takes one from this symbol of the page in place of its own
// (`backends/onnx.js` of @huggingface/transformers, versions 3 and 4).
/** @module octavo/transformers */
import { env, Tensor } from 'onnxruntime-common';
import { InferenceSession } from '../onnxruntime/api.js';

/** A decoder's caches, which come back as `past_key_values.*`: they stay in the engine. */
const caches = /^present/;

type LogLevel = NonNullable<typeof env.logLevel>;

/** What of onnxruntime-common's settings transformers.js reads and sets. */
const settings = {
  ...env,
  // Without a version of onnxruntime-web it looks for none of that one's files.
  versions: { common: env.versions.common },
  wasm: {
    // Set, they stay as they are: those of transformers.js are onnxruntime-web's.
    wasmPaths: 'octavo',
    get numThreads(): number {
      return env.wasm.numThreads ?? 0;
    },
    set numThreads(threads: number) {
      env.wasm.numThreads = threads;
    },
  },
  get logLevel(): LogLevel {
    return env.logLevel ?? 'warning';
  },
  set logLevel(level: LogLevel) {
    env.logLevel = level;
  },
};

const runtime = {
  InferenceSession: {
    create: (source: Uint8Array | string, options: InferenceSession.SessionOptions = {}) =>
      InferenceSession.create(
        source as string,
        {
          ...options,
          octavo: { keepOutputs: caches, ...options.octavo },
        } as InferenceSession.SessionOptions,
      ),
  },
  Tensor,
  env: settings,
};

Object.assign(globalThis, { [Symbol.for('onnxruntime')]: runtime });
