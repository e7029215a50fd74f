// Octavo in Node, Deno and Bun: quantizes ONNX models to int8 and runs them, float or int8.
import { nodePlatform } from './platform/node.js';
import { usePlatform } from './platform/platform.js';

usePlatform(nodePlatform);

export * from './api.js';
