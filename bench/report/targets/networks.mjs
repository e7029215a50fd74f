// Lines 3 and 4: whole networks, and what a second thread gives.
import { networks } from '../../support/networks.mjs';
import { atLeast, inEngine } from './limits.mjs';

export function networkTargets({ engine, int8, vnni, relaxed = true }) {
  const gains = vnni ? { 'ResNet-18': 3, 'EfficientNet-Lite0': 2.5 } : {};
  return networks.flatMap(({ name }) => {
    const wanted = { kind: 'network', engine, case: name, threads: 1 };
    const octavo = (precision, build) => ({ ...wanted, runtime: 'octavo', build, precision });
    const ort = (precision) => ({ ...wanted, runtime: 'onnxruntime-web', precision });
    const over = (what, limit, slow, fast) => ({
      ...{ line: 3, what: inEngine(engine, what), name, ...atLeast(limit, '×') },
      value: (results, statistic) => results.ratio(slow, fast, statistic),
    });
    const simd = over('simd build, u8 over its f32', 1.3, octavo('f32', 'simd'), octavo('u8', 'simd'));
    if (!relaxed) return [simd];
    const limits = vnni ? { u8: gains[name] } : { u8: 1.35, u7: 1.6 };
    const gained = int8
      .filter((precision) => limits[precision])
      .map((precision) =>
        over(
          `${precision} over Octavo f32`,
          limits[precision],
          octavo('f32', 'relaxed'),
          octavo(precision, 'relaxed'),
        ),
      );
    const ahead = int8.map((precision) =>
      over(
        `${precision} over onnxruntime-web at its best`,
        4,
        ort(['f32', 'u8', 'u7']),
        octavo(precision, 'relaxed'),
      ),
    );
    const float = over('f32 over onnxruntime-web f32', 1.8, ort('f32'), octavo('f32', 'relaxed'));
    return [...gained, ...ahead, float, simd];
  });
}

export function threadTargets({ engine }) {
  return networks
    .filter(({ macs }) => macs >= 100e6)
    .flatMap(({ name }) =>
      ['f32', 'u8', 'u7'].map((precision) => {
        const with_ = (threads) => ({
          ...{ kind: 'network', engine, case: name, runtime: 'octavo', build: 'relaxed', precision, threads },
        });
        return {
          ...{ line: 4, what: `${precision}, two threads over one`, name, ...atLeast(1.8, '×') },
          value: (results, statistic) => results.ratio(with_(1), with_(2), statistic),
        };
      }),
    );
}
