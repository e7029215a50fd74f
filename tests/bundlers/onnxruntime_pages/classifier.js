// An image classifier as the documentation of onnxruntime-web has it: a picture becomes a tensor, scores become probabilities.
import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;

export async function classify(modelUrl, pictureUrl) {
  const session = await ort.InferenceSession.create(modelUrl, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  const picture = document.createElement('img');
  picture.src = pictureUrl;
  await picture.decode();
  const canvas = new OffscreenCanvas(224, 224);
  canvas.getContext('2d').drawImage(picture, 0, 0, 224, 224);
  const pixels = canvas.getContext('2d').getImageData(0, 0, 224, 224);
  const tensor = await ort.Tensor.fromImage(pixels, {
    tensorFormat: 'RGB',
    norm: { mean: [58.4, 57.1, 57.4], bias: [-123.7, -116.3, -103.5] },
  });
  const results = await session.run({ [session.inputNames[0]]: tensor });
  const { data } = results[session.outputNames[0]];
  const top = [...data.keys()].sort((a, b) => data[b] - data[a]).slice(0, 5);
  const largest = data[top[0]];
  const sum = data.reduce((total, score) => total + Math.exp(score - largest), 0);
  await session.release();
  return top.map((index) => ({ index, probability: Math.exp(data[index] - largest) / sum }));
}
