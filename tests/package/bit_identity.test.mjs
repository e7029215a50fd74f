// One int8 file, the same bits everywhere: native scalar and SIMDe builds, both WebAssembly builds in Node, and both in
// Chromium, with the CPU's VNNI instructions and without them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { loadModel } from 'octavo';
import { builds, withEngine } from './support/engines.mjs';
import { withPage, withServer } from './support/chromium.mjs';
import { calibrationPhotos, modelBytes, photos } from './support/networks.mjs';

const run = promisify(execFile);
const bytesOf = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength);
const nativeProgram = (preset) =>
  fileURLToPath(new URL(`../../build/${preset}/octavo_run_model`, import.meta.url));

for (const activations of ['u8', 'u7']) {
  describe(`static int8 EfficientNet-Lite0, ${activations}`, () => {
    let folder, file, input, expected;

    before(async () => {
      [input] = await photos(1);
      await withEngine('simd', async (engine) => {
        const model = await loadModel(await modelBytes('efficientnet-lite0.onnx'), { engine });
        const quantized = await model.quantizeStatic({
          calibration: await calibrationPhotos(4),
          reduceRange: activations === 'u7',
        });
        const { islands } = (await quantized.describe()).quantization;
        assert.deepEqual(islands, [], 'fully lowered');
        file = await quantized.toOnnx();
      });
      folder = await mkdtemp(join(tmpdir(), 'octavo-'));
      await writeFile(join(folder, 'model.onnx'), file);
      await writeFile(join(folder, 'input.f32'), bytesOf(input.data));
      expected = await runNative('native-scalar');
      assert.equal(expected.length, 4000);
    });
    after(() => rm(folder, { recursive: true }));

    const runNative = async (preset, ...kernels) => {
      const [model, pixels, output] = ['model.onnx', 'input.f32', 'output.f32'].map((name) =>
        join(folder, name),
      );
      await run(nativeProgram(preset), [model, pixels, output, ...kernels]);
      return readFile(output);
    };

    test('native, SIMD kernels through SIMDe', async () => {
      assert.deepEqual(await runNative('native'), expected);
    });

    for (const kernel of ['simd_dot_i16x8', 'relaxed_pair_dot', 'scalar']) {
      if (activations === 'u8' && kernel === 'relaxed_pair_dot') continue; // exact for 7 bits only
      test(`native, gemm_s8 forced to ${kernel}`, async () => {
        assert.deepEqual(await runNative('native', `gemm_s8=${kernel}`), expected);
      });
    }

    for (const build of builds) {
      test(`${build} in Node`, async (context) => {
        await withEngine(build, async (engine) => {
          const model = await loadModel(file, { engine });
          const [output] = Object.values(await model.run({ [model.inputs[0].name]: input }));
          context.diagnostic(`relaxed dot: ${engine.info.dot}`);
          assert.deepEqual(bytesOf(output.data), expected);
        });
      });
    }

    for (const [build, jsFlags] of [
      ['relaxed', ''],
      ['relaxed', '--no-enable-avx-vnni'],
      ['simd', ''],
    ]) {
      test(`${build} in Chromium ${jsFlags}`, async (context) => {
        await withServer({ '/model.onnx': file }, (address) =>
          withPage(address, { jsFlags }, async (page) => {
            const { output, info } = await page.evaluate((request) => window.runModel(request), {
              build,
              url: new URL('/model.onnx', address).href,
              input: bytesOf(input.data).toString('base64'),
              dims: input.dims,
            });
            context.diagnostic(`relaxed dot: ${info.dot}`);
            assert.equal(info.build, build);
            assert.deepEqual(Buffer.from(output, 'base64'), expected);
          }),
        );
      });
    }
  });
}
