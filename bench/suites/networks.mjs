// A whole network, float and quantized, beside onnxruntime-web on the same files.
import { startOctavo } from '../runtimes/octavo.mjs';
import { startOrt } from '../runtimes/ort.mjs';
import { floatsAgree, quantizedAgrees } from '../support/agree.mjs';
import { contest } from './contest.mjs';

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

/** Octavo's engines: each build, with the job's number of threads, and beside more than one with one to compare them. */
async function startEngines({ builds, threads }, say) {
  const engines = [];
  for (const build of builds) {
    const engine = await startOctavo({ build, threads });
    if (!engine) {
      say(`octavo ${build} does not start with threads: ${threads}`);
      continue;
    }
    engines.push(engine);
    if (threads > 1) engines.push(await startOctavo({ build, threads: 1 }));
  }
  return engines;
}

/**
 * Contests of one thread with several, everything else the same: threads that wait for work take the cores from those of
 * others, and weights of others the cache.
 */
function byContestant(entries) {
  const groups = new Map();
  for (const entry of entries) {
    const key = [entry.runtime.runtime, entry.runtime.build, entry.precision].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()];
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

  const engines = await startEngines(context, context.say);
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
