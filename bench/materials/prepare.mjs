// Makes the files that jobs read, none that no job needs.
import { enableRelaxedSimd } from 'octavo/node';
import { prepareNetworks } from './networks.mjs';
import { prepareTestCase } from './test_cases.mjs';

export async function prepare(jobs, say) {
  enableRelaxedSimd();
  await prepareNetworks(new Set(jobs.map(({ network }) => network)), say);
  for (const folder of new Set(jobs.map(({ testCase }) => testCase).filter(Boolean)))
    await prepareTestCase(folder, say);
}
