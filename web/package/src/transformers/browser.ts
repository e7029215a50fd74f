// octavo/transformers in pages and their workers, to be imported before transformers.js. Built into one file beside those of
// octavo and octavo/onnxruntime, which it imports.
import '../browser.js';
import './api.js';
