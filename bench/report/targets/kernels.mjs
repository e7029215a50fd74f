// Line 1: matrix products, their share of the peak of the instruction that they use.
import { atLeast, inEngine } from './limits.mjs';

export function kernelTargets({ engine, vnni }) {
  const products = ['128x384x384', '128x1536x384', '196x256x1024', '784x128x512', '3136x64x576'];
  products.push('512x512x512', '1024x1024x1024');
  const share = (what, limit, wanted) =>
    products.map((shape) => ({
      ...{ line: 1, what: inEngine(engine, what), name: `gemm ${shape}`, ...atLeast(limit, 'share') },
      value: (results, statistic) =>
        results.share({ kind: 'kernel', engine, case: `gemm ${shape}`, ...wanted }, statistic),
    }));
  const relaxed = (instruction, precision) => ({ build: 'relaxed', instruction, precision });
  const int8 = vnni
    ? share('u8, of the peak of relaxed_dot', 0.9, relaxed('relaxed_dot', 'u8'))
    : [
        ...share('u7, of the peak of rd16', 0.9, relaxed('rd16', 'u7')),
        ...share('u8, of the peak of dot_i16x8', 0.92, relaxed('dot_i16x8', 'u8')),
      ];
  const rows = ['1x384x384', '1x1000x1280'].map((shape) => ({
    ...{ line: 1, what: inEngine(engine, 'int8, one row'), name: `gemm ${shape}`, ...atLeast(100, 'GOP/s') },
    value(results, statistic) {
      const wanted = { kind: 'kernel', engine, case: `gemm ${shape}`, precision: ['u8', 'u7'] };
      const [row] = results.matching(wanted);
      return row && (2e-6 * row.macs) / results.time(wanted, statistic);
    },
  }));
  return [
    ...int8,
    ...share('simd build, of the peak of dot_i16x8', 0.92, { build: 'simd', instruction: 'dot_i16x8' }),
    ...share('f32, of the peak of relaxed_madd', 0.9, relaxed('relaxed_madd', 'f32')),
    ...rows,
  ];
}
