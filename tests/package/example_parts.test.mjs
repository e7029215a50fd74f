// What the examples are made of beside networks: sound, spoken parts, pieces of words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameSeconds, resampled, spokenParts } from '../../examples/networks/voice-detector.mjs';
import { WordPieces } from '../../examples/networks/word-pieces.mjs';
import { readWave } from '../../examples/support/wave.mjs';

/** A WAV file with another chunk before its data. */
function wave({ format, bits, channels, rate, data }) {
  const header = Buffer.alloc(16);
  header.writeUInt16LE(format, 0);
  header.writeUInt16LE(channels, 2);
  header.writeUInt32LE(rate, 4);
  header.writeUInt16LE(bits, 14);
  const chunk = (name, bytes) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(bytes.length);
    return Buffer.concat([Buffer.from(name), size, bytes, Buffer.alloc(bytes.length % 2)]);
  };
  const chunks = [chunk('fmt ', header), chunk('LIST', Buffer.from('odd')), chunk('data', Buffer.from(data))];
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...chunks]));
}

test('WAV files are read, whatever their samples are', () => {
  const base = { channels: 1, rate: 8000 };
  const floats = new Uint8Array(Float32Array.of(0.5, -1).buffer);
  const cases = [
    wave({ ...base, format: 1, bits: 8, data: [192, 0] }),
    wave({ ...base, format: 1, bits: 16, data: [0, 0x40, 0, 0x80] }),
    wave({ ...base, format: 1, bits: 24, data: [0, 0, 0x40, 0, 0, 0x80] }),
    wave({ ...base, format: 1, bits: 32, data: [0, 0, 0, 0x40, 0, 0, 0, 0x80] }),
    wave({ ...base, format: 3, bits: 32, data: floats }),
    wave({ ...base, channels: 2, format: 1, bits: 8, data: [255, 129, 0, 0] }),
  ];
  for (const bytes of cases) {
    const { samples, rate } = readWave(bytes);
    assert.deepEqual([...samples], [0.5, -1]);
    assert.equal(rate, 8000);
  }
  assert.throws(() => readWave(new Uint8Array(12)), /not a WAV file/);
  assert.throws(() => readWave(wave({ ...base, format: 1, bits: 16, data: [] }).subarray(0, 36)), /no data/);
  assert.throws(() => readWave(wave({ ...base, format: 1, bits: 12, data: [] })), /12 bits/);
});

test('sound of another rate is resampled', () => {
  const slope = Float32Array.from({ length: 441 }, (_, index) => index);
  const samples = resampled(slope, 44100);
  assert.equal(samples.length, 160);
  samples.forEach((value, index) => assert.ok(Math.abs(value - index * 2.75625) < 1e-3));
});

test('a short pause does not end what is spoken', () => {
  const seconds = (from, to) => ({ from: from * frameSeconds, to: to * frameSeconds });
  assert.deepEqual(spokenParts([0, 0.4, 0.9, 0, 0, 0, 0.4, 0, 0, 0, 0, 0.4, 0.5]), [
    seconds(2, 7),
    seconds(12, 13),
  ]);
  assert.deepEqual(spokenParts([0.4, 0.4]), []);
});

test('words become their longest pieces from the left', () => {
  const vocabulary = ['[UNK]', '▁', '[CLS]', '[SEP]', '▁fold', '▁un', 'fold', 'ed', 'e', '▁!', '▁cafe'];
  const pieces = (text, longest) =>
    new WordPieces(vocabulary).encode(text, longest).map((number) => vocabulary[number]);
  assert.deepEqual(pieces('Unfolded  CAFÉ!'), ['[CLS]', '▁un', 'fold', 'ed', '▁cafe', '▁!', '[SEP]']);
  assert.deepEqual(pieces('folds'), ['[CLS]', '[UNK]', '[SEP]']);
  assert.deepEqual(pieces('fold fold fold', 4), ['[CLS]', '▁fold', '▁fold', '[SEP]']);
  assert.deepEqual(pieces(''), ['[CLS]', '[SEP]']);
});
