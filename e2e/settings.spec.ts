// Every way to quantize, on a network of the visitor's that is quick to do.
import { inProject } from './support/paths.js';
import { expect, test } from './support/test.js';

test('quantizes in every way that it offers', async ({ demo }) => {
  await demo.set('8');
  await demo.openNetworks(inProject('models/mnist.onnx'));
  await demo.feedAs('mnist');
  await demo.finished();
  const whole = await demo.guesses('float');
  expect(whole[0]?.label).toMatch(/^class \d$/);

  const ways = [
    [['smallest to largest'], 'static, u8, min–max of 8 photos'],
    [['moving average', '7 bits'], 'static, u7, moving average of 8 photos'],
    [['dynamic: in each run'], 'dynamic, u7, ranges found in each run'],
    [['8 bits'], 'dynamic, u8, ranges found in each run'],
  ] as const;
  for (const [choices, description] of ways) {
    await demo.set(...choices);
    await expect(demo.settings).toContainText(description);
    await expect(demo.proceed).toHaveText('Quantize again');
    await demo.proceed.click();
    await expect(demo.proceed).toHaveText('Measure again');
    await demo.finished();
    expect(await demo.guesses('float')).toEqual(whole);
    expect(await demo.number('cosine')).toBeGreaterThan(0.9);
  }
  const download = await demo.downloadWith(() => demo.download.click());
  expect(download.suggestedFilename()).toBe('mnist.dynamic-u8.int8.onnx');
});
