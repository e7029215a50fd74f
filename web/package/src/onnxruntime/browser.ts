// octavo/onnxruntime in pages and their workers. Built into one file beside that of octavo, which it imports.
import '../browser.js';

// In the entry itself: further in, a bundler would lose the names that it does not see.
export * from 'onnxruntime-common';
export { default, InferenceSession, type OctavoSessionOptions, type SessionQuantization } from './api.js';
