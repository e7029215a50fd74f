// Measures one network: what peers made of it, and what Octavo makes of it, by the same scores.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readNpy } from 'octavo/node';
import { inRoot } from '../lib/paths.mjs';
import { say, step } from '../lib/log.mjs';
import { octavoRows } from './octavo_tool.mjs';
import { runScript } from './python.mjs';
import { score } from './score.mjs';
import { scoreSpoken } from './speller.mjs';

/** What peers.py has, by its names. */
const peers = { onnxruntime: 'ONNX Runtime', pytorch: 'PyTorch' };

const readJson = async (path) => JSON.parse(await readFile(path, 'utf8'));

const floatSpoken = (folder) => join(folder, 'outputs/float.spoken.json');

/** {name, title, source, …, rows: {tool, setting, kind, bytes, sqnrDb, …}[]} */
export async function measure(name, { python, fresh, settings }) {
  const folder = inRoot('build/accuracy', name);
  if (fresh || !existsSync(join(folder, 'spec.json')))
    await step(`${name}: network and data`, () => runScript(python, 'prepare.py', name));
  for (const [peer, title] of Object.entries(peers)) {
    if (fresh || !existsSync(join(folder, `${peer}.json`)))
      await step(`${name}: ${title}`, () => runScript(python, 'peers.py', name, peer));
  }
  const spec = await readJson(join(folder, 'spec.json'));
  const reference = await readNpy(join(folder, 'outputs/float.npy'));
  const labels = existsSync(join(folder, 'labels.npy')) && (await readNpy(join(folder, 'labels.npy'))).data;
  const scored = async ({ outputs, spoken }) => ({
    ...score({ outputs, reference: reference.data, count: reference.dims[0], labels }),
    ...(spoken && (await scoreSpoken(folder, spec, spoken))),
  });

  const float = {
    outputs: reference.data,
    spoken: spec.form === 'speller' && (await readJson(floatSpoken(folder))),
  };
  const rows = [{ tool: 'onnxruntime', setting: 'float', kind: 'float', ...(await scored(float)) }];
  const peerRows = await Promise.all(
    Object.keys(peers).map((peer) => readJson(join(folder, `${peer}.json`))),
  );
  for (const { outputs, spoken, ...row } of peerRows.flat()) {
    const found = outputs && {
      outputs: (await readNpy(join(folder, outputs))).data,
      spoken: spoken && (await readJson(join(folder, spoken))),
    };
    rows.push({ ...row, ...(found && (await scored(found))) });
  }
  await step(`${name}: Octavo`, async () => {
    for await (const { outputs, spoken, ...row } of octavoRows({ folder, spec, settings })) {
      rows.push({ tool: 'octavo', ...row, ...(outputs && (await scored({ outputs, spoken }))) });
      const { setting, error, sqnrDb, agreement, score: right } = rows.at(-1);
      const numbers = [`${sqnrDb?.toFixed(2)} dB`, `agreement ${agreement}`, right && `score ${right}`];
      say(`  ${setting}: ${error ?? numbers.filter(Boolean).join(', ')}`);
    }
  });
  return { ...spec, samples: reference.dims[0], rows };
}
