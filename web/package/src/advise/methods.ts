// Which methods make sense for which kind of network: the field's rules, which the adviser checks by measuring.
import type { Layer } from '../native.js';
import type { AdvisedMethod, AdviceReport } from './options.js';

export type NetworkKind = AdviceReport['network'];

const recurrent = ['LSTM', 'GRU', 'RNN'];
/** How often a network multiplies matrices that is made of attention, at the least. */
const fewProducts = 4;

/** What a network is, by its operators. */
export function kindOf(operators: Readonly<Record<string, number>>): NetworkKind {
  const has = (...ops: string[]) => ops.some((op) => op in operators);
  if (has(...recurrent)) return 'recurrent';
  if (has('Attention') || (has('Softmax') && (operators.MatMul ?? 0) >= fewProducts)) return 'transformer';
  return has('Conv') ? 'convolutional' : 'other';
}

interface Row extends AdvisedMethod {
  /** For which kinds; without, for all. */
  kinds?: readonly NetworkKind[];
}

const convolutional: readonly NetworkKind[] = ['convolutional', 'other'];

/**
 * Of transformers and recurrent networks, whose activations have few values that are large and matter, ranges are not clipped tightly
 * (Bondarenko et al. 2021): no mse.
 */
export const mayBeClipped = (kind: NetworkKind): boolean => convolutional.includes(kind);

const fromCalibration: readonly Row[] = [
  { name: 'static', call: 'quantizeStatic', options: {} },
  { name: 'static, minmax', call: 'quantizeStatic', options: { observer: 'minmax' } },
  { name: 'static, mse', call: 'quantizeStatic', options: { observer: 'mse' }, kinds: convolutional },
  { name: 'static, u7', call: 'quantizeStatic', options: { reduceRange: true } },
  { name: 'static, nearest', call: 'quantizeStatic', options: { rounding: 'nearest' }, kinds: convolutional },
  {
    name: 'static, SmoothQuant',
    call: 'quantizeStatic',
    options: { observer: 'minmax', smoothQuant: true },
    kinds: ['transformer'],
  },
];

const withoutCalibration: readonly Row[] = [
  { name: 'dynamic', call: 'quantizeDynamic', options: {} },
  { name: 'dynamic, u7', call: 'quantizeDynamic', options: { reduceRange: true } },
  { name: 'dynamic, per tensor', call: 'quantizeDynamic', options: { granularity: 'tensor' } },
  { name: 'weights, 8 bits', call: 'quantizeWeights', options: { bits: 8 } },
  { name: 'weights, 4 bits in blocks of 32', call: 'quantizeWeights', options: { bits: 4, blockSize: 32 } },
];

/** What is to be measured of a float network, and what is not, with the reason. */
export function methodsFor(
  kind: NetworkKind,
  layers: readonly Layer[],
  hasCalibration: boolean,
): { methods: AdvisedMethod[]; skipped: AdviceReport['skipped'] } {
  const isDynamic = ({ quantizes }: Layer) => quantizes === 'dynamic' || quantizes === 'dynamic only';
  const isStatic = ({ quantizes }: Layer) => quantizes === 'static' || quantizes === 'dynamic';
  const methods: AdvisedMethod[] = [];
  const skipped: AdviceReport['skipped'] = [];
  const take = (rows: readonly Row[]) => {
    for (const { kinds, ...method } of rows) if (!kinds || kinds.includes(kind)) methods.push(method);
  };
  if (layers.some(isDynamic) && kind !== 'convolutional') take(withoutCalibration);
  else if (layers.some(({ op }) => op === 'Conv')) {
    const operators = [
      ...new Set(layers.filter((each) => isDynamic(each) || each.op === 'Conv').map(({ op }) => op)),
    ];
    const options = { opTypesToQuantize: operators };
    methods.push(
      { name: 'dynamic, with convolutions', call: 'quantizeDynamic', options },
      {
        name: 'dynamic, with convolutions, u7',
        call: 'quantizeDynamic',
        options: { ...options, reduceRange: true },
      },
      { name: 'weights, 8 bits', call: 'quantizeWeights', options: { ...options, bits: 8 } },
    );
  } else skipped.push({ name: 'dynamic', why: 'the network has no product that it could quantize' });
  if (!layers.some(isStatic))
    skipped.push({ name: 'static', why: 'the network has no layer that it could quantize' });
  else if (!hasCalibration) skipped.push({ name: 'static', why: 'there is no calibration data' });
  else take(fromCalibration);
  return { methods, skipped };
}
