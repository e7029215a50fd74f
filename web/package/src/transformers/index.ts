// octavo/transformers in Node, Deno and Bun. To be imported before transformers.js.
import '../index.js';
import './api.js';
