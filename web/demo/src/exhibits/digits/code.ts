/** What the exhibit does, in Node and pages alike. */
export function codeOf(): string {
  return [
    "import { loadModel } from 'octavo';",
    '',
    "const model = await loadModel('digits.onnx');",
    'const small = await model.quantizeStatic({ calibration: samples, weightBits: 4 });',
    'const { logits } = await small.run(samples[0]);',
  ].join('\n');
}
