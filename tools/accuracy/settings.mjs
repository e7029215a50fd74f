// How Octavo quantizes in the tables, a row each. A new option is a new row.
// `kind` says which networks a row is for: those whose spec.json has it among its `kinds`. `isDefault` marks what a
// caller gets who asks for nothing.

const staticRow = (setting, options = {}) => ({
  setting,
  kind: 'static',
  isDefault: Object.keys(options).length === 0,
  quantize: (model, calibration) => model.quantizeStatic({ calibration, ...options }),
});

const dynamicRow = (setting, options = {}) => ({
  setting,
  kind: 'dynamic',
  isDefault: Object.keys(options).length === 0,
  quantize: (model) => model.quantizeDynamic(options),
});

const weightsRow = (setting, options = {}) => ({
  setting,
  kind: 'weights',
  isDefault: Object.keys(options).length === 0,
  quantize: (model, calibration) =>
    model.quantizeWeights({ ...options, ...(options.rounding === 'gptq' && { calibration }) }),
});

export const octavoSettings = [
  staticRow('static (default)'),
  staticRow('static without bias correction', { biasCorrection: false }),
  staticRow('static nearest', { rounding: 'nearest' }),
  staticRow('static nearest without bias correction', { rounding: 'nearest', biasCorrection: false }),
  ...['minmax', 'percentile', 'entropy', 'mse'].map((observer) =>
    staticRow(`static ${observer}`, { observer }),
  ),
  staticRow('static smoothQuant', { smoothQuant: true }),
  staticRow('static u7', { reduceRange: true }),
  staticRow('static per tensor', { perChannel: false }),
  staticRow('static per tensor, equalize', { perChannel: false, equalize: true }),
  dynamicRow('dynamic (default)'),
  dynamicRow('dynamic, per tensor', { perChannel: false }),
  weightsRow('weights (default)'),
  ...['nearest', 'gptq', 'hqq'].flatMap((rounding) => [
    weightsRow(`weights int4, blocks of 32, ${rounding}`, { bits: 4, blockSize: 32, rounding }),
    weightsRow(`weights int4, blocks of 32, zero points, ${rounding}`, {
      bits: 4,
      blockSize: 32,
      symmetric: false,
      rounding,
    }),
    weightsRow(`weights int4, per channel, ${rounding}`, { bits: 4, blockSize: 'channel', rounding }),
  ]),
];
