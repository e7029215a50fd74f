// The operators that are measured through public interfaces: three convolutions that networks consist of, all products, and
// those of further materials, which are measured beside onnxruntime-web only.
import { attentions } from '../materials/attention.mjs';
import { floatOperators } from '../materials/float_operators.mjs';
import { gathers } from '../materials/gather.mjs';
import { recurrentOperators } from '../materials/recurrent_operators.mjs';
import { convName, depthwiseName, gemmName, parseShapes } from './shapes.mjs';

const convolutions = [
  { kind: 'conv', shape: [56, 64, 64, 3, 1] },
  { kind: 'conv', shape: [56, 64, 256, 1, 1] },
  { kind: 'dwconv', shape: [56, 128, 128, 3, 1] },
];

const names = {
  conv: (shape) => `Conv ${convName(shape)}`,
  dwconv: (shape) => `depthwise Conv ${depthwiseName(shape)}`,
  gemm: (shape) => `MatMul ${gemmName(shape)}`,
};

/** {kind, shape, name} or {name, macs or moved, make} of each; `text` reads shapes/gemm.txt. */
export async function listOperators(text) {
  const products = parseShapes(await text('shapes/gemm.txt')).map((shape) => ({ kind: 'gemm', shape }));
  const named = [...convolutions, ...products].map((each) => ({
    ...each,
    name: names[each.kind](each.shape),
  }));
  return [...named, ...floatOperators, ...attentions, ...recurrentOperators, ...gathers];
}
