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

export const octavoSettings = [
  staticRow('static (default)'),
  staticRow('static nearest', { rounding: 'nearest' }),
  staticRow('static nearest, minmax', { rounding: 'nearest', observer: 'minmax' }),
  staticRow('static gptq', { rounding: 'gptq' }),
  staticRow('static gptq, minmax', { rounding: 'gptq', observer: 'minmax' }),
  staticRow('static gptq, u7', { rounding: 'gptq', reduceRange: true }),
  staticRow('static gptq, per tensor', { rounding: 'gptq', perChannel: false }),
  dynamicRow('dynamic (default)'),
  dynamicRow('dynamic, per tensor', { perChannel: false }),
];
