// All that measures, for whoever asks for one of them.
export { quantizeWithAccuracyControl } from './accuracy_control.js';
export { advise } from './advise.js';
export { compare } from '../compare.js';
export { evaluate } from './score.js';
export { sensitivity } from './sensitivity.js';
export { quantizeDynamicFor, quantizeStaticFor } from './target.js';
