// Makes the files that jobs read, none that no job needs.
import { enableRelaxedSimd } from 'octavo/node';
import { prepareNetworks } from './networks.mjs';

export async function prepare(jobs, say) {
  enableRelaxedSimd();
  const wanted = new Set(jobs.map(({ network }) => network).filter(Boolean));
  await prepareNetworks(({ id }) => wanted.has(id), say);
}
