// A step of gradient descent by its definition, in float64: what contestants' steps are held against.

/**
 * Calls visit(weight, x, y, count) for each row of each tap of a convolution: indices of the tap's weight, and of the row's first
 * elements in the input, whose next one is `stride` away, and in the output.
 */
function eachRow({ inputs, outputs, kernel, stride, pad, group }, [batch, , height, width], outDims, visit) {
  const [, , outHeight, outWidth] = outDims;
  const perGroup = inputs / group;
  for (let n = 0; n < batch; ++n)
    for (let o = 0; o < outputs; ++o)
      for (let i = 0; i < perGroup; ++i) {
        const channel = Math.floor((o * group) / outputs) * perGroup + i;
        for (let ky = 0; ky < kernel; ++ky)
          for (let kx = 0; kx < kernel; ++kx) {
            const begin = Math.max(0, Math.ceil((pad - kx) / stride));
            const end = Math.min(outWidth, Math.floor((width - 1 + pad - kx) / stride) + 1);
            for (let y = 0; y < outHeight; ++y) {
              const row = y * stride + ky - pad;
              if (row < 0 || row >= height) continue;
              visit(
                ((o * perGroup + i) * kernel + ky) * kernel + kx,
                ((n * inputs + channel) * height + row) * width + begin * stride + kx - pad,
                ((n * outputs + o) * outHeight + y) * outWidth + begin,
                end - begin,
              );
            }
          }
      }
}

const sizeOf = (dims) => dims.reduce((product, dim) => product * dim, 1);

/** By op: (layer, x, dims, weights) to {y, dims, back(dy, gradients)}, where `back` gives dx and sets gradients by name. */
const layerKinds = {
  conv(layer, x, dims, weights) {
    const { outputs, kernel, stride, pad } = layer;
    const out = (size) => Math.floor((size + 2 * pad - kernel) / stride) + 1;
    const outDims = [dims[0], outputs, out(dims[2]), out(dims[3])];
    const pixels = outDims[2] * outDims[3];
    const [w, b] = [weights[layer.weight], weights[layer.bias]];
    const channelOf = (i) => Math.floor(i / pixels) % outputs;
    const y = Float64Array.from({ length: sizeOf(outDims) }, (_, i) => b[channelOf(i)]);
    eachRow(layer, dims, outDims, (tap, from, to, count) => {
      for (let i = 0; i < count; ++i) y[to + i] += w[tap] * x[from + i * stride];
    });
    const back = (dy, gradients) => {
      const [dx, dw, db] = [x, w, b].map(({ length }) => new Float64Array(length));
      eachRow(layer, dims, outDims, (tap, from, to, count) => {
        for (let i = 0; i < count; ++i) {
          dx[from + i * stride] += w[tap] * dy[to + i];
          dw[tap] += x[from + i * stride] * dy[to + i];
        }
      });
      dy.forEach((g, i) => (db[channelOf(i)] += g));
      gradients[layer.weight] = dw;
      gradients[layer.bias] = db;
      return dx;
    };
    return { y, dims: outDims, back };
  },

  relu: (_, x, dims) => ({
    y: x.map((value) => Math.max(value, 0)),
    dims,
    back: (dy) => dy.map((g, i) => (x[i] > 0 ? g : 0)),
  }),

  maxPool(_, x, [batch, channels, height, width]) {
    const [rows, columns] = [height >> 1, width >> 1];
    const dims = [batch, channels, rows, columns];
    const largest = Array.from({ length: sizeOf(dims) }, (__, i) => {
      const row = Math.floor(i / columns);
      const corner = (Math.floor(row / rows) * height + 2 * (row % rows)) * width + 2 * (i % columns);
      const window = [corner, corner + 1, corner + width, corner + width + 1];
      return window.reduce((best, at) => (x[at] > x[best] ? at : best));
    });
    const back = (dy) => {
      const dx = new Float64Array(x.length);
      largest.forEach((at, i) => (dx[at] += dy[i]));
      return dx;
    };
    return { y: Float64Array.from(largest, (at) => x[at]), dims, back };
  },

  globalAveragePool(_, x, [batch, channels, height, width]) {
    const pixels = height * width;
    const y = new Float64Array(batch * channels);
    x.forEach((value, i) => (y[Math.floor(i / pixels)] += value / pixels));
    const back = (dy) => x.map((__, i) => dy[Math.floor(i / pixels)] / pixels);
    return { y, dims: [batch, channels, 1, 1], back };
  },

  dense(layer, x, [batch], weights) {
    const flat = [batch, layer.inputs, 1, 1];
    return layerKinds.conv({ ...layer, kernel: 1, stride: 1, pad: 0, group: 1 }, x, flat, weights);
  },
};

/** The mean of the batch's cross-entropies, and its gradient by the logits. */
function crossEntropy(logits, labels) {
  const classes = logits.length / labels.length;
  const gradient = new Float64Array(logits.length);
  let loss = 0;
  labels.forEach((label, n) => {
    const row = logits.subarray(n * classes, (n + 1) * classes);
    const exponentials = row.map((z) => Math.exp(z - Math.max(...row)));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    exponentials.forEach((e, i) => {
      gradient[n * classes + i] = (e / sum - (i === label ? 1 : 0)) / labels.length;
    });
    loss -= Math.log(exponentials[label] / sum) / labels.length;
  });
  return { loss, gradient };
}

/** {logits, loss, gradients: by name} of a batch; `dims` are those of `images`, `labels` the class of each. */
export function lossAndGradients(layers, weights, { images, dims, labels }) {
  const passed = [];
  let [x, shape] = [Float64Array.from(images), dims];
  for (const layer of layers) {
    const made = layerKinds[layer.op](layer, x, shape, weights);
    passed.unshift(made);
    [x, shape] = [made.y, made.dims];
  }
  const { loss, gradient } = crossEntropy(x, labels);
  const gradients = {};
  passed.reduce((dy, { back }) => back(dy, gradients), gradient);
  return { logits: x, loss, gradients };
}

/** {logits, loss, weights}: the loss before a step w -= learningRate · gradient, and the weights after it. */
export function referenceStep(layers, weights, batch, learningRate) {
  const { logits, loss, gradients } = lossAndGradients(layers, weights, batch);
  const after = Object.entries(weights).map(([name, w]) => [
    name,
    Float32Array.from(w, (value, i) => value - learningRate * gradients[name][i]),
  ]);
  return { logits, loss, weights: Object.fromEntries(after) };
}
