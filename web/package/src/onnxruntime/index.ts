// octavo/onnxruntime in Node, Deno and Bun.
import '../index.js';

export * from './api.js';
export { default } from './api.js';
