// How close outputs are to those of float, and how often they are right.

/** Where nothing differs at all. */
const closestDb = 100;

/**
 * Of outputs [N, classes] in one array beside float's:
 * - `sqnrDb`: signal to quantization noise of a sample, in decibels, a mean over samples, each at most 100;
 * - `pooledDb`: the same of all samples as one;
 * - `agreement`: share of samples whose largest output is at the same place in both;
 * - `score`: share of samples where it is at the place that `labels` say, if they are there.
 */
export function score({ outputs, reference, count, labels }) {
  const width = reference.length / count;
  let [decibels, signals, noises, same, right] = [0, 0, 0, 0, 0];
  for (let sample = 0; sample < count; ++sample) {
    const [from, to] = [sample * width, (sample + 1) * width];
    let [signal, noise] = [0, 0];
    for (let i = from; i < to; ++i) {
      signal += reference[i] ** 2;
      noise += (reference[i] - outputs[i]) ** 2;
    }
    decibels += Math.min(closestDb, 10 * Math.log10(signal / noise));
    signals += signal;
    noises += noise;
    const place = largest(outputs, from, to);
    same += Number(place === largest(reference, from, to));
    if (labels) right += Number(place === labels[sample]);
  }
  return {
    sqnrDb: decibels / count,
    pooledDb: Math.min(closestDb, 10 * Math.log10(signals / noises)),
    agreement: same / count,
    ...(labels && { score: right / count }),
  };
}

/** Where the largest of values[from … to] is, from 0 on. */
export function largest(values, from, to) {
  let best = from;
  for (let i = from; i < to; ++i) if (values[i] > values[best]) best = i;
  return best - from;
}
