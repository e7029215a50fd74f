// octavo/onnxruntime in pages and their workers. Built into one file beside that of octavo, which it imports.
import '../browser.js';

export * from './api.js';
export { default } from './api.js';
