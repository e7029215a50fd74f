// What the suite of networks knows of one: network.json beside its files.
import { writeFile } from 'node:fs/promises';

/**
 * `network` is {name, feeds: [{name, type, dims, file}], output, macs, quantized, files: {ONNX file: precision}}: `file` has the
 * elements of a feed, `output` is the one that is compared, `quantized` what agree.mjs asks of a quantized answer.
 */
export const describeNetwork = (folder, network) =>
  writeFile(`${folder}/network.json`, `${JSON.stringify(network)}\n`);
