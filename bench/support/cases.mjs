// The names of the cases that are no kernels, operators or networks.
import { calibrationPictures, networks } from './networks.mjs';

const { name } = networks.find(({ id }) => id === 'efficientnet-lite0');

export const startupCases = {
  cold: `${name}, from nothing cached to the first result`,
  memory: `${name}, WebAssembly memory`,
  warm: 'engine ready, HTTP cache warm',
};
export const startupContestants = ['octavo', 'octavo in a worker', 'onnxruntime-web'];

export const quantizeCases = {
  float: `${name}, one float run`,
  dynamic: `${name}, quantized dynamically`,
  static: `${name}, quantized statically with ${calibrationPictures} pictures`,
};
