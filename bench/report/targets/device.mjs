// Lines 5 and 6: start-up, memory, quantizing on the device.
import { quantizeCases, startupCases } from '../../support/cases.mjs';
import { atMost } from './limits.mjs';

export function startupTargets({ engine }) {
  const of = (runtime, name) => ({ engine, runtime, case: name, row: undefined });
  const share = (name, what, limit, value) => ({ line: 5, what, name, ...atMost(limit, '×'), value });
  return [
    share(startupCases.cold, 'Octavo over onnxruntime-web', 0.333, (results, statistic) =>
      results.ratio(of('octavo', startupCases.cold), of('onnxruntime-web', startupCases.cold), statistic),
    ),
    {
      ...{ line: 5, what: 'time', name: startupCases.warm, ...atMost(60, 'ms') },
      value: (results, statistic) => results.time(of('octavo', startupCases.warm), statistic),
    },
    share(startupCases.memory, 'Octavo over onnxruntime-web', 0.6, (results) => {
      const [ours, theirs] = ['octavo', 'onnxruntime-web'].map((runtime) =>
        results.bytes(of(runtime, startupCases.memory)),
      );
      return ours && theirs && ours / theirs;
    }),
  ];
}

export function quantizeTargets({ engine }) {
  const of = (name) => ({ engine, kind: 'quantize', build: 'relaxed', case: name });
  return [
    {
      ...{ line: 6, what: 'time', name: quantizeCases.dynamic, ...atMost(300, 'ms') },
      value: (results, statistic) => results.time(of(quantizeCases.dynamic), statistic),
    },
    {
      ...{ line: 6, what: 'over one float run', name: quantizeCases.static, ...atMost(33, '×') },
      value: (results, statistic) =>
        results.ratio(of(quantizeCases.static), of(quantizeCases.float), statistic),
    },
  ];
}
