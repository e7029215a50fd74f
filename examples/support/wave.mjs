// Reads WAV files of whole numbers or floats.

/**
 * All channels in one, and their rate.
 * @param {Uint8Array} bytes
 */
export function readWave(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = (at) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (name(0) !== 'RIFF' || name(8) !== 'WAVE') throw new Error('this is not a WAV file');
  const chunks = new Map();
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = Math.min(view.getUint32(at + 4, true), bytes.length - at - 8);
    chunks.set(name(at), { at: at + 8, length });
    at += 8 + length + (length % 2);
  }
  const [format, data] = [chunks.get('fmt '), chunks.get('data')];
  if (!format || !data) throw new Error('the WAV file has no format or no data');
  const channels = view.getUint16(format.at + 2, true);
  const rate = view.getUint32(format.at + 4, true);
  const bits = view.getUint16(format.at + 14, true);
  const floats = view.getUint16(format.at, true) === 3;
  const read = {
    8: (at) => view.getUint8(at) / 128 - 1,
    16: (at) => view.getInt16(at, true) / 2 ** 15,
    24: (at) => view.getInt32(at - 1, true) / 2 ** 31,
    32: (at) => (floats ? view.getFloat32(at, true) : view.getInt32(at, true) / 2 ** 31),
  }[bits];
  if (!read) throw new Error(`WAV samples of ${bits} bits are not read`);
  const size = (channels * bits) / 8;
  const samples = Float32Array.from({ length: Math.floor(data.length / size) }, (_, index) => {
    let sum = 0;
    for (let channel = 0; channel < channels; ++channel)
      sum += read(data.at + index * size + (channel * bits) / 8);
    return sum / channels;
  });
  return { samples, rate };
}
