// Makes the files that jobs read, none that no job needs.
import { enableRelaxedSimd } from 'octavo/node';
import { prepareNetworks } from './networks.mjs';
import { prepareTestCase } from './test_cases.mjs';
import { prepareTraining } from './training.mjs';

export async function prepare(jobs, say) {
  enableRelaxedSimd();
  const ids = new Set(jobs.map(({ network }) => network));
  await prepareNetworks(ids, say);
  await prepareTraining(ids, say);
  for (const folder of new Set(jobs.map(({ testCase }) => testCase).filter(Boolean)))
    await prepareTestCase(folder, say);
}
