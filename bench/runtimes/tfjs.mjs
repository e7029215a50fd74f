// TensorFlow.js's WebAssembly backend as a contestant of operators; see octavo.mjs. It has no int8.
import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { filterTflite } from '../materials/operator_tflite.mjs';
import { weightsHwio } from '../materials/operands.mjs';

/** The call of one operator on a tensor, as a function of its input. */
function operatorOf(what, { weights, bias }) {
  const { kernel, stride, c, oc, depthwise } = what;
  if (what.op === 'MatMul') {
    const b = tf.tensor2d(weightsHwio(weights, what), [c, oc]);
    return (a) => tf.matMul(a, b);
  }
  const common = { strides: stride, pad: 'same', bias: tf.tensor1d(bias) };
  if (depthwise) {
    const filter = tf.tensor4d(filterTflite(what, weights), [kernel, kernel, c, 1]);
    return (x) => tf.fused.depthwiseConv2d({ x, filter, ...common });
  }
  const filter = tf.tensor4d(weightsHwio(weights, what), [kernel, kernel, c, oc]);
  return (x) => tf.fused.conv2d({ x, filter, ...common });
}

/** `load` takes {what, operands} in place of a file. */
export async function startTfjs({ folder }) {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (folder.startsWith('http')) setWasmPaths(folder);
  await tf.setBackend('wasm');
  return {
    runtime: 'tfjs',
    build: null,
    threads: 1,
    async load({ what, operands }, { x }) {
      const input = tf.tensor(x.data, x.dims);
      const operator = operatorOf(what, operands);
      const run = async (take = (output) => output.dataSync()) => {
        const output = operator(input);
        const taken = take(output);
        output.dispose();
        return [taken];
      };
      return { run, compute: () => run(() => {}), dispose: () => input.dispose() };
    },
    dispose: () => tf.disposeVariables(),
  };
}
