// Caches of a decoder that stay in place: createState, and run with the option `state`.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { createEngine, loadModel, Tensor } from 'octavo';

const folder = new URL('../fixtures/pytorch/decoder/', import.meta.url);
const places = ['in the process', 'in a worker'];
let engines;
before(async () => {
  engines = await Promise.all(places.map((_, i) => createEngine({ build: 'simd', worker: i === 1 })));
});
after(() => engines.forEach((engine) => engine.dispose()));

const load = async (name, engine) => loadModel(await readFile(new URL(`${name}.onnx`, folder)), { engine });
const expectedOf = async (name) => JSON.parse(await readFile(new URL(`${name}.json`, folder), 'utf8'));
const ids = (tokens) => new Tensor('int64', BigInt64Array.from(tokens, BigInt), [1, tokens.length]);
const feeds = (tokens) => ({ input_ids: ids(tokens) });
const lastRow = ({ logits }) => logits.data.subarray(-logits.dims[2]);
const likeliest = (row) => row.indexOf(Math.max(...row));
const near = (a, b) => a.length === b.length && a.every((x, i) => Math.abs(x - b[i]) < 1e-4);

places.forEach((place, i) => {
  test(`${place}: greedy decoding says what PyTorch says`, async () => {
    for (const name of ['plain', 'masked']) {
      const model = await load(name, engines[i]);
      const { prompt, tokens, logits } = await expectedOf(name);
      const state = await model.createState({ capacity: 40 });
      assert.deepEqual(
        [state.inputs, state.outputs].map((values) => values.map((value) => value.name)),
        [['input_ids'], ['logits']],
      );
      assert.deepEqual([state.capacity, state.batch, state.length], [40, 1, 0]);
      const said = [];
      for (const [step, expected] of logits.entries()) {
        const result = await model.run(feeds(step === 0 ? prompt : said.slice(-1)), { state });
        assert.deepEqual(Object.keys(result), ['logits']);
        assert.ok(near([...lastRow(result)], expected));
        said.push(likeliest(lastRow(result)));
        assert.equal(state.length, prompt.length + step);
      }
      assert.deepEqual(said, tokens);
      model.dispose();
    }
  });

  test(`${place}: a state is as a past that is fed, float and int8, and its model outlives none of it`, async () => {
    const float = await load('plain', engines[i]);
    for (const model of [float, await float.quantizeDynamic()]) {
      const state = await model.createState({ capacity: 16 });
      let past = Object.fromEntries(
        model.inputs
          .filter(({ name }) => name.startsWith('past'))
          .map(({ name, dims }) => [name, new Tensor('float32', [], [1, dims[1], 0, dims[3]])]),
      );
      for (const tokens of [[1, 2, 3], [4], [5], [6, 7], [8]]) {
        const kept = await model.run(ids(tokens), { state });
        const { logits, ...present } = await model.run({ ...feeds(tokens), ...past });
        assert.ok(near([...kept.logits.data], [...logits.data]));
        past = Object.fromEntries(
          Object.entries(present).map(([name, tensor]) => [name.replace('present', 'past'), tensor]),
        );
      }
      const again = await loadModel(await model.toOnnx(), { engine: engines[i] });
      assert.deepEqual(again.inputs, model.inputs);
      model.dispose();
      assert.equal((await again.createState({ capacity: 16 })).length, 0);
    }
  });

  test(`${place}: what does not fit is an error, and the state goes on; reset and dispose`, async () => {
    const model = await load('plain', engines[i]);
    const [state, other] = [
      await model.createState({ capacity: 8 }),
      await model.createState({ capacity: 8 }),
    ];
    const alive = await engines[i].liveObjects();
    const first = await model.run(feeds([1, 2, 3, 4, 5, 6]), { state });
    await assert.rejects(model.run(feeds([7, 8, 9]), { state }), {
      code: 'InvalidInput',
      message: /index 6 .* a cache of 8 has no room for 3 more/,
    });
    assert.equal(state.length, 6);
    const logits = new Tensor('float32', new Float32Array(2 * 29), [1, 2, 29]);
    await model.run(feeds([7, 8]), { state, outputs: { logits } });
    assert.ok(logits.data.some((x) => x !== 0));
    assert.deepEqual([state.length, other.length], [8, 0]);
    await state.reset();
    assert.equal(state.length, 0);
    const anew = await model.run(feeds([1, 2, 3, 4, 5, 6]), { state });
    assert.deepEqual(anew.logits.data, first.logits.data);
    state.dispose();
    state.dispose();
    await assert.rejects(model.run(feeds([1]), { state }), { code: 'Disposed' });
    assert.equal(await engines[i].liveObjects(), alive - 1);
    await model.run(feeds([1]), { state: other });
  });

  test(`${place}: several states take turns, in a batch, too`, async () => {
    const model = await load('masked', engines[i]);
    const states = await Promise.all([1, 2].map(() => model.createState({ capacity: 12 })));
    const alone = await model.createState({ capacity: 12 });
    const runs = [];
    for (const token of [3, 5, 7]) {
      const together = await Promise.all(states.map((state, k) => model.run(feeds([token + k]), { state })));
      runs.push((await model.run(feeds([token + 1]), { state: alone })).logits.data);
      assert.deepEqual(together[1].logits.data, runs.at(-1));
    }
    const plain = await load('plain', engines[i]);
    const batch = await plain.createState({ capacity: 12, batch: 2 });
    const { logits } = await plain.run(
      { input_ids: new Tensor('int64', BigInt64Array.of(1n, 2n, 2n, 1n), [2, 2]) },
      { state: batch },
    );
    assert.deepEqual(logits.dims, [2, 2, 29]);
  });
});

test('what is no state, or cannot be one, is named', async () => {
  const model = await load('plain', engines[0]);
  const other = await load('plain', engines[0]);
  const state = await other.createState({ capacity: 8 });
  await assert.rejects(model.run(feeds([1]), { state }), { code: 'InvalidOption', message: /createState/ });
  await assert.rejects(model.run(feeds([1]), { state: {} }), { code: 'InvalidOption' });
  for (const options of [{}, { capacity: 0 }, { capacity: 1.5 }, { capacity: 8, batch: 0 }, { room: 8 }])
    await assert.rejects(model.createState(options), { code: 'InvalidOption' });
  await assert.rejects(model.createState({ capacity: 41 }), { code: 'InvalidInput' });
  const past = new Tensor('float32', [], [1, 4, 0, 4]);
  await assert.rejects(other.run({ ...feeds([1]), 'past.0.key': past }, { state }), {
    code: 'InvalidInput',
    message: /past\.0\.key.*state/,
  });
  const mnist = await loadModel(new URL('../../models/mnist.onnx', import.meta.url).pathname, {
    engine: engines[0],
  });
  await assert.rejects(mnist.createState({ capacity: 8 }), {
    code: 'Unsupported',
    message: /no input is a cache/,
  });
});
