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

/** How many steps of the output an int8 answer may be off: runtimes round a half differently, Octavo as the law says. */
const steps = { octavo: 0, 'onnxruntime-web': 1, litert: 1 };

const floatEntry = (runtime, { bytes, feeds, expected, output }) => ({
  ...{ runtime, precision: 'f32', bytes, feeds },
  check: (outputs) => floatsAgree(expected, outputs[output]),
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

async function startRuntimes({ builds, folder, importOrt }) {
  const { startTfjs } = await import('../runtimes/tfjs.mjs');
  const octavos = [];
  for (const build of builds) {
    const octavo = await startOctavo({ build });
    if (octavo) octavos.push(octavo);
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
  const runtimes = await startRuntimes(context);
  const rows = [];
  for (const { name, shape, kind, make, macs } of cases) {
    context.say(name);
    if (make) {
      const made = make();
      const entries = [...runtimes.octavos, runtimes.ort].map((runtime) => floatEntry(runtime, made));
      const common = { case: name, kind: 'operator', macs };
      rows.push(...(await contest(common, entries, { ...context, patience: 0.75 })));
      continue;
    }
    const what = kind === 'gemm' ? product(shape, name) : convolution(shape, kind === 'dwconv', name);
    const common = { case: name, kind: 'operator', macs: what.macs };
    rows.push(...(await contest(common, entriesOf(runtimes, what), { ...context, patience: 0.75 })));
  }
  for (const runtime of [...runtimes.octavos, runtimes.litert, runtimes.tfjs]) runtime?.dispose();
  return rows;
}
