// A whole network, float and quantized, beside onnxruntime-web on the same files.
import { startOctavo } from '../runtimes/octavo.mjs';
import { startOrt } from '../runtimes/ort.mjs';
import { floatsAgree, quantizedAgrees } from '../support/agree.mjs';
import { networks } from '../support/networks.mjs';
import { contest } from './contest.mjs';

const precisions = { float: 'f32', u8: 'u8', u7: 'u7' };

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
  const { id, name, input, output, dims, macs, quantized } = networks.find(
    (each) => each.id === context.network,
  );
  const files = {};
  for (const file of Object.keys(precisions))
    files[file] = await context.bytes(`material/${id}/${file}.onnx`);
  const pixels = new Float32Array((await context.bytes(`material/${id}/input.f32`)).buffer);
  const feeds = { [input]: { type: 'float32', data: pixels, dims } };

  const ort = await startOrt({
    threads: context.threads,
    folder: context.folder('ort'),
    load: context.importOrt,
  });
  const reference = await ort.load(files.float, feeds);
  const expected = (await reference.run())[output].slice();
  await reference.dispose();

  const engines = await startEngines(context, context.say);
  const entriesOf = (runtime) =>
    Object.entries(precisions).map(([file, precision]) => ({
      runtime,
      precision,
      bytes: files[file],
      feeds,
      check: (outputs) =>
        file === 'float'
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
