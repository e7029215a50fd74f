// octavo/node: files for Node programs. The command line is made of these.
/** @module octavo/node */
export { enableRelaxedSimd } from './flags.js';
export { readImage } from './images.js';
export { readNpy, writeNpy } from './npy.js';
export { readTensorProto } from './tensor_proto.js';
export type { SampleOptions } from './arrays.js';
export { listFiles, readSamples, sampleExtensions } from './samples.js';
