import { batchSize, epochs, learningRate, type TrainingSettings } from './training';

/** What the exhibit does, in Node and pages alike. */
export function codeOf({ bits, teacher }: TrainingSettings): string {
  const goal = teacher === 'labels' ? "labels, loss: 'crossEntropy'" : "loss: 'distillation'";
  return [
    "import { loadModel } from 'octavo';",
    '',
    "const model = await loadModel('digits.onnx');",
    'const trainer = await model.prepareQat({',
    `  weights: { bits: ${bits} }, scales: 'learned', calibration: samples.slice(0, 64),`,
    '});',
    'const fit = trainer.fit({',
    `  samples, ${goal}, epochs: ${epochs}, batchSize: ${batchSize}, schedule: 'cosine',`,
    `  optimizer: { name: 'adamw', learningRate: ${learningRate} },`,
    '});',
    'for await (const { step, loss } of fit) console.log(step, loss);',
    'const small = await trainer.convert(); // an ordinary quantized network',
    'const { logits } = await small.run(samples[0]);',
  ].join('\n');
}
