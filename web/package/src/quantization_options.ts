// The options of the quantizers, a row each: what a call takes, what the command line calls it, and which method has it. The
// values are looked at by the engine (bindings/options.cc); tests/package/native_contract.test.mjs compares both.
import type { KnownOptions } from './check_options.js';
import type { DynamicOptions, StaticOptions, WeightsOptions } from './native.js';

export type Method = 'dynamic' | 'static' | 'weights';

/**
 * What a quantizer is to spare: `size`, all weights in integers; `speed`, only what is faster than in float when it is measured on this
 * device, the whole network in float if nothing is; `accuracy`, the options that stay closest to float. Options beside it count more.
 */
export const quantizationTargets = ['size', 'speed', 'accuracy'] as const;
export type QuantizationTarget = (typeof quantizationTargets)[number];

type AllOptions = DynamicOptions & StaticOptions & WeightsOptions;

interface Row {
  methods: readonly Method[];
  /** Names, one of `choices`, a number, yes and no, or either of the last two. */
  kind: 'names' | 'choice' | 'number' | 'boolean' | 'strength';
  choices?: readonly (string | number)[];
  /** Choices that only one method has. */
  forWeights?: readonly string[];
  forStatic?: readonly string[];
  /** On the command line. Without a value it means what `means` says of ''. */
  flag: string;
  help: string;
  /** What words of the command line mean, where they are others than the option's. */
  means?: Readonly<Record<string, boolean>>;
}

const both = ['dynamic', 'static'] as const;
const all = [...both, 'weights'] as const;

export const quantizationOptions = {
  opTypesToQuantize: {
    methods: all,
    kind: 'names',
    flag: '--ops <operators>',
    help: 'operators to quantize, separated by commas',
  },
  nodesToExclude: {
    methods: all,
    kind: 'names',
    flag: '--exclude <nodes>',
    help: 'names of nodes to leave in float, separated by commas',
  },
  perChannel: {
    methods: both,
    kind: 'boolean',
    flag: '--per-tensor',
    help: 'one scale per weight instead of one per output channel',
    means: { '': false },
  },
  reduceRange: {
    methods: both,
    kind: 'boolean',
    flag: '--activations <type>',
    help: 'range of activations (default: u8)',
    means: { u8: false, u7: true },
  },
  weightRange: {
    methods: both,
    kind: 'choice',
    choices: ['narrow', 'full'],
    flag: '--weight-range <range>',
    help: 'weights in [-127,127] or [-128,127] (default: narrow)',
  },
  weightBits: {
    methods: both,
    kind: 'number',
    flag: '--weight-bits <number>',
    help: 'bits of a weight, 2 to 8 (default: 8)',
  },
  activationBits: {
    methods: ['static'],
    kind: 'number',
    flag: '--activation-bits <number>',
    help: 'static: bits of an activation, 2 to 8 (default: 8)',
  },
  granularity: {
    methods: ['dynamic'],
    kind: 'choice',
    choices: ['row', 'tensor'],
    flag: '--granularity <unit>',
    help: 'dynamic: what shares a range (default: row)',
  },
  observer: {
    methods: ['static'],
    kind: 'choice',
    choices: ['minmax', 'movingAverage', 'histogram', 'percentile', 'entropy', 'mse'],
    flag: '--observer <name>',
    help: 'static: how ranges are chosen (default: histogram)',
  },
  averagingConstant: {
    methods: ['static'],
    kind: 'number',
    flag: '--averaging-constant <number>',
    help: 'static, movingAverage: weight of the newest tensor (default: 0.01)',
  },
  bins: {
    methods: ['static'],
    kind: 'number',
    flag: '--bins <number>',
    help: 'static, all that keep histograms: bins of one (default: 2048)',
  },
  percentile: {
    methods: ['static'],
    kind: 'number',
    flag: '--percentile <number>',
    help: 'static, percentile: of the values (default: 99.999)',
  },
  rounding: {
    methods: ['static', 'weights'],
    kind: 'choice',
    choices: ['nearest', 'gptq', 'hqq', 'adaround'],
    forWeights: ['hqq'],
    forStatic: ['adaround'],
    flag: '--rounding <how>',
    help: 'static, weights: how weights become integers (default: gptq; weights without --calibration: nearest)',
  },
  biasCorrection: {
    methods: ['static'],
    kind: 'boolean',
    flag: '--bias-correction <whether>',
    help: 'static: correct biases by what weights are rounded by (default: on)',
    means: { on: true, off: false },
  },
  smoothQuant: {
    methods: ['static'],
    kind: 'strength',
    flag: '--smooth-quant [exponent]',
    help: 'static: move outliers of channels into the weights behind normalizations (exponent: 0.5)',
  },
  equalize: {
    methods: ['static'],
    kind: 'boolean',
    flag: '--equalize',
    help: 'static: even out channels across convolutions, for --per-tensor',
    means: { '': true },
  },
  bits: {
    methods: ['weights'],
    kind: 'number',
    flag: '--bits <number>',
    help: 'weights: bits of a weight, 2 to 8 (default: 8)',
  },
  blockSize: {
    methods: ['weights'],
    kind: 'choice',
    choices: ['channel', 16, 32, 64, 128],
    flag: '--block-size <number>',
    help: 'weights: how many share a scale (default: channel)',
  },
  activations: {
    methods: ['weights'],
    kind: 'choice',
    choices: ['float', 'dynamic'],
    flag: '--multiply-with <activations>',
    help: 'weights: floats, or integers that are ranged while running (default: float)',
  },
  symmetric: {
    methods: ['weights'],
    kind: 'boolean',
    flag: '--asymmetric',
    help: 'weights: a zero point beside each scale',
    means: { '': false },
  },
} as const satisfies Record<keyof AllOptions, Row>;

/** The rows by the option's name. */
export const quantizationRows = Object.entries(quantizationOptions) as [keyof AllOptions, Row][];

/** What `checkOptions` knows of a method's options. */
export function knownOptions<T extends DynamicOptions | StaticOptions | WeightsOptions>(
  method: Method,
): KnownOptions<T> {
  return Object.fromEntries(
    quantizationRows
      .filter(([, { methods }]) => methods.includes(method))
      .map(([name, { kind }]) => [name, kind === 'names' ? 'list' : 'any']),
  ) as unknown as KnownOptions<T>;
}
