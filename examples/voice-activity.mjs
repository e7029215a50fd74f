// Says when somebody speaks in a recording, with Silero VAD 5 (npm @ricky0123/vad-web), as float and in eight bits. Without a
// recording espeak-ng (of Debian's package of that name) speaks one.
//   node examples/voice-activity.mjs [RECORDING.wav]
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadModel } from 'octavo';
import { enableRelaxedSimd } from 'octavo/node';
import { VoiceDetector, frameSeconds, resampled, spokenParts } from './networks/voice-detector.mjs';
import { fileOfNpm, giveUp } from './support/packages.mjs';
import { megabytes, milliseconds, newTable } from './support/table.mjs';
import { readWave } from './support/wave.mjs';

const speech = `Octavo folds a neural network. <break time="1500ms"/> Into eight bits. <break time="900ms"/>
  Then it listens.`;

enableRelaxedSimd();
const { samples, rate } = readWave(process.argv[2] ? await readFile(process.argv[2]) : await speak(speech));
const sound = resampled(samples, rate);

const model = await loadModel(await fileOfNpm('@ricky0123/vad-web@0.0.31', 'dist/silero_vad_v5.onnx'));
const detectors = { float: new VoiceDetector(model), int8: new VoiceDetector(await model.quantizeDynamic()) };

const table = newTable(['', 'file', `time for ${1000 * frameSeconds} ms`, 'spoken, seconds']);
for (const [name, detector] of Object.entries(detectors)) {
  await detector.listen(sound.subarray(0, 512));
  const start = performance.now();
  const likelihoods = await detector.listenToAll(sound);
  const time = (performance.now() - start) / likelihoods.length;
  const parts = spokenParts(likelihoods).map(({ from, to }) => `${from.toFixed(2)}–${to.toFixed(2)}`);
  const { byteLength } = await detector.model.toOnnx();
  table.push([name, megabytes(byteLength), milliseconds(time), parts.join(', ') || 'nothing']);
  console.log(`${name.padEnd(5)} ${likelihoods.map(bar).join('')}`);
}
console.log(`\n${table.toString()}`);
const { integerNodes } = detectors.int8.model.describe().quantization;
if (integerNodes === 0)
  console.log('No layer computes in eight bits: they are in branches of If, which stay float.');
for (const detector of Object.values(detectors)) detector.dispose();

/** A likelihood as a bar. */
function bar(likelihood) {
  return ' ▁▂▃▄▅▆▇█'.at(Math.round(8 * likelihood));
}

/** What espeak-ng makes of a text with SSML, as a WAV file. */
async function speak(text) {
  const folder = await mkdtemp(join(tmpdir(), 'octavo-speech-'));
  try {
    const file = join(folder, 'speech.wav');
    await promisify(execFile)('espeak-ng', ['-m', '-w', file, text]);
    return await readFile(file);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return giveUp('espeak-ng is not installed (apt-get install espeak-ng): name a WAV file instead.');
  } finally {
    await rm(folder, { recursive: true });
  }
}
