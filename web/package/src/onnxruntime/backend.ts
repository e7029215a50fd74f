// Octavo as a backend of onnxruntime-common: the execution provider 'octavo'.
import { registerBackend, type Backend } from 'onnxruntime-common';
import { Session } from './session.js';

const backend: Backend = {
  init: () => Promise.resolve(),
  createInferenceSessionHandler: (source, options) => Session.create(source, options),
};

/** Below onnxruntime-web's own, 10: who has both and names none keeps that. */
const priority = 1;

// For every user of the same onnxruntime-common.
registerBackend('octavo', backend, priority);
