// Line 7: steps of training. What has no limit is told only.
import { trainedNetworks, trainingRows } from '../../support/training.mjs';
import { atLeast, atMost, inEngine } from './limits.mjs';

const told = { unit: '×' };

export function trainingTargets({ engine }) {
  return trainedNetworks.flatMap(({ name }) => {
    const wanted = { kind: 'training', engine, case: name, threads: 1 };
    const octavo = (row, threads = 1) => ({
      ...{ ...wanted, runtime: 'octavo', build: 'relaxed', row: trainingRows[row], threads },
    });
    const peer = (runtime, row = 'step') => ({ ...wanted, runtime, row: trainingRows[row] });
    const over = (what, limit, slow, fast) => ({
      ...{ line: 7, what: inEngine(engine, what), name, ...limit },
      value: (results, statistic) => results.ratio(slow, fast, statistic),
    });
    return [
      over('float step over jax-js', atLeast(10, '×'), peer('jax-js'), octavo('step')),
      over('float step over TensorFlow.js', told, peer('tfjs'), octavo('step')),
      over('float step over PyTorch, native', atLeast(1, '×'), peer('pytorch'), octavo('step')),
      over('QAT step over PyTorch, native', told, peer('pytorch', 'qat'), octavo('qat')),
      over('time of a float step, inferences', atMost(3.5, '×'), octavo('step'), octavo('inference')),
      over('time of a QAT step, float steps', atMost(1.5, '×'), octavo('qat'), octavo('step')),
      over('the same with learned scales', told, octavo('learned'), octavo('step')),
      ...['step', 'qat'].map((row) =>
        over(`${trainingRows[row]}, two threads over one`, atLeast(1.7, '×'), octavo(row), octavo(row, 2)),
      ),
    ];
  });
}
