// Line 2: convolutions through public interfaces.
import { atLeast, atMost } from './limits.mjs';

export function operatorTargets({ engine, int8 }) {
  const convolutions = [
    { name: 'Conv 3x3 64->64 @56', ms: 1.7, ort: 4.5, litert: 1.2 },
    { name: 'Conv 1x1 64->256 @56', ms: 0.85, ort: 7, litert: 1.5 },
    { name: 'depthwise Conv 3x3 128 @56', ms: 0.45, ort: 15, litert: 2 },
  ];
  return convolutions.flatMap(({ name, ms, ort, litert }) => {
    const wanted = { kind: 'operator', engine, case: name };
    const octavo = (precision) => ({ ...wanted, runtime: 'octavo', build: 'relaxed', precision });
    const peer = (runtime, precision) => ({ ...wanted, runtime, precision, row: undefined });
    const over = (what, limit, slow, fast) => ({
      ...{ line: 2, what, name, ...atLeast(limit, '×') },
      value: (results, statistic) => results.ratio(slow, fast, statistic),
    });
    const ofInt8 = int8.flatMap((precision) => [
      {
        ...{ line: 2, what: `${precision}, time`, name, ...atMost(ms, 'ms') },
        value: (results, statistic) => results.time(octavo(precision), statistic),
      },
      over(`${precision} over onnxruntime-web int8`, ort, peer('onnxruntime-web', 'u8'), octavo(precision)),
      over(`${precision} over LiteRT int8`, litert, peer('litert', 's8'), octavo(precision)),
    ]);
    return [
      ...ofInt8,
      over('f32 over onnxruntime-web f32', 2, peer('onnxruntime-web', 'f32'), octavo('f32')),
      over('f32 over LiteRT f32', 1.2, peer('litert', 'f32'), octavo('f32')),
    ];
  });
}
