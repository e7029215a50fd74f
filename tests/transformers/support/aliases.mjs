const octavo = 'octavo/onnxruntime';

/** What docs/guides/8-from-onnxruntime-web.md tells Vite, so that transformers.js brings no runtime of its own. */
export const aliases = { 'onnxruntime-web/webgpu': octavo, 'onnxruntime-web': octavo };
