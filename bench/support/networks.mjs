// The networks that are measured, and when a quantized answer of theirs is right. `id` is the folder of the material.
export const networks = [
  {
    id: 'efficientnet-lite0',
    name: 'EfficientNet-Lite0',
    input: 'images',
    output: 'logits',
    dims: [1, 3, 224, 224],
    macs: 385_187_552,
    // What the picture shows, by ImageNet's numbers: a macaw.
    label: 88,
    quantized: { leastCosine: 0.97, top1: true },
  },
  {
    id: 'resnet18',
    name: 'ResNet-18',
    input: 'images',
    output: 'logits',
    dims: [1, 3, 224, 224],
    macs: 1_814_073_344,
    // Random logits lie close to each other: their order says nothing.
    quantized: { leastCosine: 0.97, top1: false },
  },
  {
    id: 'ppocr-cls',
    name: 'PP-OCR cls',
    input: 'x',
    output: 'softmax_0.tmp_0',
    dims: [1, 3, 48, 192],
    // Its dimensions are dynamic, and nobody counts.
    macs: null,
    quantized: { leastCosine: 0.97, top1: true },
  },
];

/** How many pictures calibrate EfficientNet-Lite0. */
export const calibrationPictures = 32;
