// A detector of the YOLO kind: boxes and scores of all places come out of one session, another one keeps the best of them.
import ort, { InferenceSession, Tensor } from 'onnxruntime-web';

ort.env.logLevel = 'error';

export async function detect(detectorUrl, suppressionUrl, size) {
  const [detector, suppression] = await Promise.all([
    InferenceSession.create(detectorUrl),
    InferenceSession.create(await (await fetch(suppressionUrl)).arrayBuffer(), {
      executionProviders: ['wasm'],
    }),
  ]);
  const pixels = Float32Array.from({ length: 3 * size * size }, (_, i) => ((i * 7919) % 256) / 255);
  const { output0 } = await detector.run({ images: new Tensor('float32', pixels, [1, 3, size, size]) });
  // [1, 4 + classes, places] as [1, places, 4] and [1, classes, places]
  const [, rows, places] = output0.dims;
  const boxes = new Float32Array(places * 4);
  for (let place = 0; place < places; ++place)
    for (let side = 0; side < 4; ++side) boxes[place * 4 + side] = output0.data[side * places + place];
  const { selected } = await suppression.run({
    boxes: new Tensor('float32', boxes, [1, places, 4]),
    scores: new Tensor('float32', output0.data.slice(4 * places), [1, rows - 4, places]),
    most: new Tensor('int64', [100n], [1]),
    overlap: new Tensor('float32', [0.45], [1]),
    least: new Tensor('float32', [0.5], [1]),
  });
  const found = [];
  for (let i = 0; i < selected.dims[0]; ++i) {
    const [, kind, place] = Array.from(selected.data.slice(3 * i, 3 * i + 3), Number);
    found.push({
      kind,
      score: output0.data[(4 + kind) * places + place],
      box: [...boxes.slice(4 * place, 4 * place + 4)],
    });
  }
  return found;
}
