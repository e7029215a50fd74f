// One operator at a time through the public interfaces, on one thread.
import { convolution, floatOperands, int8Operands, product } from '../materials/operands.mjs';
import { floatOnnx, int8Onnx } from '../materials/operator_onnx.mjs';
import { conversionsTflite, floatTflite, int8Tflite } from '../materials/operator_tflite.mjs';
import { startLitert } from '../runtimes/litert.mjs';
import { startOctavo } from '../runtimes/octavo.mjs';
import { startOrt } from '../runtimes/ort.mjs';
import { floatsAgree, integersAgree } from '../support/agree.mjs';
import { listOperators } from '../support/operators.mjs';
import { contest } from './contest.mjs';
import { Peaks, fastestPeaks, instructionsOfPrecisions } from './peaks.mjs';

/** How many steps of the output an int8 answer may be off: runtimes round a half differently, Octavo as the law says. */
const steps = { octavo: 0, 'onnxruntime-web': 1, litert: 1 };

const floatEntry = (
  runtime,
  { bytes, feeds, expected, output },
  { precision = 'f32', tolerance, ...others } = {},
) => ({
  ...{ runtime, precision, bytes, feeds, ...others },
  check: (outputs) => floatsAgree(expected, outputs[output], tolerance),
});

const int8Entry = (runtime, precision, { bytes, feeds, expected, output }) => ({
  ...{ runtime, precision, bytes, feeds },
  check: (outputs) => integersAgree(expected, outputs[output], steps[runtime.runtime]),
});

/** LiteRT's outputs are floats: steps of `scale`. */
function litertEntry(runtime, precision, { bytes, feeds, expected, output }, scale, extra) {
  const check = (outputs) => {
    const inSteps = (array) => array.map((x) => x / scale);
    return integersAgree(inSteps(expected), inSteps(outputs[output]), steps.litert);
  };
  return { runtime, precision, bytes, feeds, check, extra };
}

function entriesOf({ octavos, ort, litert, tfjs }, what) {
  const float = floatOperands(what);
  const u8 = int8Operands(what, 255);
  const onnx = {
    f32: floatOnnx(what, float),
    u8: int8Onnx(what, u8),
    u7: int8Onnx(what, int8Operands(what, 127)),
  };
  const entries = octavos.flatMap((octavo) => [
    floatEntry(octavo, onnx.f32),
    int8Entry(octavo, 'u8', onnx.u8),
    int8Entry(octavo, 'u7', onnx.u7),
  ]);
  entries.push(floatEntry(ort, onnx.f32), int8Entry(ort, 'u8', onnx.u8));
  const tflite = floatTflite(what, float);
  if (litert) {
    entries.push(floatEntry(litert, tflite));
    entries.push(litertEntry(litert, 's8', int8Tflite(what, u8), u8.outScale));
    const conversions = { row: 'only Q and DQ', macs: 0 };
    entries.push(litertEntry(litert, 's8', conversionsTflite(what, u8), u8.inScale, conversions));
  }
  entries.push(floatEntry(tfjs, { ...tflite, bytes: { what, operands: float } }));
  return entries;
}

/** Of what materials made: Octavo, quantized as they say, and onnxruntime-web, whose further files they have. */
const madeEntries = ({ octavos, ort }, made) => [
  ...octavos.flatMap((octavo) => [
    floatEntry(octavo, made),
    ...(made.quantized ?? []).map((how) => floatEntry(octavo, made, how)),
  ]),
  floatEntry(ort, made),
  ...(made.ort ?? []).map(({ model, ...how }) => floatEntry(ort, model, how)),
];

/** The peak that a row is put beside: what materials say, or Octavo's instruction for its precision. */
const withPeak = (made) => (entry) => ({
  ...entry,
  peak: made?.peak ?? entry.runtime.peaks?.[entry.precision],
});

/** The fastest loops of the instructions that a build has for precisions. */
async function peaksOf(build, { kernelsModule }) {
  const module = await kernelsModule(build);
  const loops = await fastestPeaks(module, build);
  const instructions = Object.entries(instructionsOfPrecisions(module));
  return Object.fromEntries(instructions.map(([precision, instruction]) => [precision, loops[instruction]]));
}

async function startRuntimes(context) {
  const { builds, folder, importOrt, say } = context;
  const { startTfjs } = await import('../runtimes/tfjs.mjs');
  const octavos = [];
  for (const build of builds) {
    const octavo = await startOctavo({ build });
    if (!octavo) continue;
    say(`peaks of the ${build} build`);
    octavos.push({ ...octavo, peaks: await peaksOf(build, context) });
  }
  return {
    octavos,
    ort: await startOrt({ folder: folder('ort'), load: importOrt }),
    litert: await startLitert({ folder: folder('litert') }),
    tfjs: await startTfjs({ folder: folder('tfjs') }),
  };
}

export async function measureOperators(context) {
  const cases = (await listOperators(context.text)).filter(({ name }) => context.wants(name));
  if (cases.length === 0) return [];
  const runtimes = await startRuntimes(context);
  const peaks = new Peaks();
  const rows = [];
  for (const { name, shape, kind, make, macs, moved } of cases) {
    context.say(name);
    const made = make?.();
    const what = kind === 'gemm' ? product(shape, name) : kind && convolution(shape, kind === 'dwconv', name);
    const entries = made ? madeEntries(runtimes, made) : entriesOf(runtimes, what);
    const common = { case: name, kind: 'operator', macs: what?.macs ?? macs, moved };
    rows.push(...(await contest(common, entries.map(withPeak(made)), { ...context, peaks, patience: 0.75 })));
  }
  for (const runtime of [...runtimes.octavos, runtimes.litert, runtimes.tfjs]) runtime?.dispose();
  return [...peaks.finish(), ...rows];
}
