// What is disposed of leaves nothing behind in the engine's memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tensor, loadModel } from 'octavo';
import { builds, withEngine } from './support/engines.mjs';
import { digits, modelBytes } from './support/networks.mjs';

/** Heap bytes after 10 and after 1,000 calls of `work`. */
async function heapAfterTenAndThousand(engine, work) {
  for (let i = 0; i < 10; ++i) await work(i);
  const afterTen = await engine.heapBytes();
  for (let i = 10; i < 1000; ++i) await work(i);
  return [afterTen, await engine.heapBytes()];
}

for (const build of builds) {
  test(`${build}: weights are in memory once`, async () => {
    const bytes = await modelBytes('efficientnet-lite0.onnx');
    await withEngine(build, async (engine) => {
      const model = await loadModel(bytes, { engine });
      await model.run({ images: new Tensor('float32', new Float32Array(3 * 224 * 224), [1, 3, 224, 224]) });
      // The largest tensors that live at the same time take 6 MB.
      assert.ok((await engine.heapBytes()) < 2 * bytes.length, `${await engine.heapBytes()} bytes`);
      model.dispose();
    });
  });

  test(`${build}: a thousand networks come and go`, async () => {
    const bytes = await modelBytes('mnist.onnx');
    const input = { digits: await digits('mnist-test-images.npy', 0, 2) };
    const calibration = [{ digits: await digits('mnist-calibration-images.npy', 0, 1) }];
    await withEngine(build, async (engine) => {
      const [afterTen, afterThousand] = await heapAfterTenAndThousand(engine, async (i) => {
        const model = await loadModel(bytes, { engine });
        const quantized = i % 2 ? await model.quantizeDynamic() : await model.quantizeStatic({ calibration });
        await model.run(input);
        await quantized.run(input);
        await quantized.toOnnx();
        model.dispose();
        quantized.dispose();
      });
      assert.equal(afterThousand, afterTen);
      assert.equal(await engine.liveObjects(), 0);
    });
  });

  test(`${build}: a thousand failures leave nothing`, async () => {
    const bytes = await modelBytes('mnist.onnx');
    const input = await digits('mnist-test-images.npy', 0, 1);
    await withEngine(build, async (engine) => {
      const model = await loadModel(bytes, { engine });
      const failures = [
        () => loadModel(bytes.subarray(0, bytes.length - 100), { engine }),
        () => loadModel(bytes, { engine, signal: AbortSignal.abort() }),
        () => model.run({ pixels: input }),
        () => model.quantizeStatic({ calibration: [] }),
        () => model.quantizeStatic({ calibration: [{ digits: input }], bins: 1 }),
      ];
      const [afterTen, afterThousand] = await heapAfterTenAndThousand(engine, (i) =>
        assert.rejects(failures[i % failures.length]()),
      );
      assert.equal(afterThousand, afterTen);
      assert.equal(await engine.liveObjects(), 1);
      model.dispose();
    });
  });
}
