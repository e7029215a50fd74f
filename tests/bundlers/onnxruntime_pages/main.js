// All three pages in one, which reports what they find.
import { env } from 'onnxruntime-web';
import { classify } from './classifier.js';
import { detect } from './detector.js';
import { hear } from './voice.js';

const report = { web: env.versions.web ?? null };
try {
  report.classes = await classify('/model/resnet18-quarter.onnx', '/model/picture.jpg');
  report.found = await detect('/model/detector.onnx', '/model/suppression.onnx', 64);
  // A voice is near to a saw whose pitch wanders; noise is not.
  const voice = Float32Array.from({ length: 16384 }, (_, i) => {
    const phase = (i * (110 + 20 * Math.sin(i / 3000))) / 16000;
    return 0.4 * (2 * (phase % 1) - 1) * Math.sin(i / 900) ** 2;
  });
  report.likelihoods = await hear('/model/silero_vad_v5.onnx', voice);
} catch (error) {
  report.error = String(error.stack);
}
document.title = JSON.stringify(report);
