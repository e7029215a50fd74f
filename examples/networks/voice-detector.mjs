// Says when somebody speaks, with Silero VAD 5: a network with a state that hears 32 milliseconds after another. For pages and
// Node alike; sound is one channel of float samples at 16 kHz, as an AudioContext of that rate has it.
import { Tensor } from 'octavo';

export const sampleRate = 16000;
const frame = 512;
/** What the network is given once more of the frame before. */
const context = 64;
export const frameSeconds = frame / sampleRate;

export class VoiceDetector {
  /** @param {import('octavo').Model} model */
  constructor(model) {
    this.model = model;
    this.reset();
  }

  /** Forgets what was heard. */
  reset() {
    this.heard = new Float32Array(context);
    this.state = new Tensor('float32', new Float32Array(2 * 128), [2, 1, 128]);
  }

  /**
   * How likely somebody speaks in the next frame, of 512 samples.
   * @param {Float32Array} samples
   */
  async listen(samples) {
    const { output, stateN } = await this.model.run(this.feeds(samples));
    this.heard = samples.slice(-context);
    this.state = /** @type {Tensor<'float32'>} */ (stateN);
    return Number(output.data[0]);
  }

  /**
   * What the network is fed with for the next frame.
   * @param {Float32Array} samples
   */
  feeds(samples) {
    const input = new Float32Array(context + frame);
    input.set(this.heard);
    input.set(samples, context);
    return {
      input: new Tensor('float32', input, [1, input.length]),
      state: this.state,
      sr: new Tensor('int64', [BigInt(sampleRate)], []),
    };
  }

  /**
   * How likely somebody speaks, frame by frame of a recording.
   * @param {Float32Array} samples
   */
  async listenToAll(samples) {
    this.reset();
    const likelihoods = [];
    for (let at = 0; at < samples.length; at += frame)
      likelihoods.push(await this.listen(samples.subarray(at, at + frame)));
    return likelihoods;
  }

  dispose() {
    this.model.dispose();
  }
}

/**
 * From when to when somebody speaks, in seconds: from a sure frame on until a few in a row are not even nearly sure.
 * @param {readonly number[]} likelihoods
 */
export function spokenParts(likelihoods, { sure = 0.5, unsure = 0.35, pause = 4 } = {}) {
  /** @type {{ from: number, to: number }[]} */
  const parts = [];
  let silent = pause;
  likelihoods.forEach((likelihood, index) => {
    const speaking = silent < pause;
    silent = likelihood >= (speaking ? unsure : sure) ? 0 : silent + 1;
    if (silent > 0) return;
    if (!speaking) parts.push({ from: index * frameSeconds, to: 0 });
    parts.at(-1).to = (index + 1) * frameSeconds;
  });
  return parts;
}

/**
 * The same sound with 16,000 samples a second, between neighbours in a straight line.
 * @param {Float32Array} samples
 * @param {number} rate
 */
export function resampled(samples, rate) {
  const step = rate / sampleRate;
  return Float32Array.from({ length: Math.floor(samples.length / step) }, (_, index) => {
    const at = Math.floor(index * step);
    const next = samples[Math.min(at + 1, samples.length - 1)];
    return samples[at] + (next - samples[at]) * (index * step - at);
  });
}
