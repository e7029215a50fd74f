// A whole network, float and quantized, beside onnxruntime-web on the same files.
import { startOctavos } from '../runtimes/octavo.mjs';
import { startOrt } from '../runtimes/ort.mjs';
import { floatsAgree, quantizedAgrees } from '../support/agree.mjs';
import { byContestant, contest } from './contest.mjs';

const arrays = {
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** The feeds that a network.json names. */
async function readFeeds(context, folder, feeds) {
  const entries = feeds.map(async ({ name, type, dims, file }) => {
    const { buffer } = await context.bytes(`${folder}/${file}`);
    return [name, { type, dims, data: new arrays[type](buffer) }];
  });
  return Object.fromEntries(await Promise.all(entries));
}

export async function measureNetwork(context) {
  const folder = `material/${context.network}`;
  const network = JSON.parse(await context.text(`${folder}/network.json`));
  const { name, output, macs, quantized } = network;
  const files = [];
  for (const [file, precision] of Object.entries(network.files))
    files.push({ precision, bytes: await context.bytes(`${folder}/${file}`) });
  const feeds = await readFeeds(context, folder, network.feeds);

  const ort = await startOrt({
    threads: context.threads,
    folder: context.folder('ort'),
    load: context.importOrt,
  });
  const reference = await ort.load(files.find(({ precision }) => precision === 'f32').bytes, feeds);
  const expected = (await reference.run())[output].slice();
  await reference.dispose();

  const engines = await startOctavos(context, context.say);
  const entriesOf = (runtime) =>
    files.map(({ precision, bytes }) => ({
      runtime,
      precision,
      bytes,
      feeds,
      check: (outputs) =>
        precision === 'f32'
          ? floatsAgree(expected, outputs[output])
          : quantizedAgrees(expected, outputs[output], quantized),
    }));
  const entries = [...engines, ort].flatMap(entriesOf);
  const rows = [];
  for (const group of context.threads > 1 ? byContestant(entries) : [entries])
    rows.push(...(await contest({ case: name, kind: 'network', macs }, group, { ...context, patience: 3 })));
  for (const engine of engines) engine.dispose();
  return rows;
}
