// octavo/onnxruntime in Node, Deno and Bun.
/** @module octavo/onnxruntime */
import '../index.js';

// In the entry itself: further in, a bundler would lose the names that it does not see.
export * from 'onnxruntime-common';
export { default, InferenceSession, type OctavoSessionOptions, type SessionQuantization } from './api.js';
