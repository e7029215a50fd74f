// What a run consists of: jobs, each done in a fresh page or process.
import { quantizeCases, startupCases, startupContestants } from './support/cases.mjs';
import { testCaseId } from './materials/test_cases.mjs';
import { networks } from './support/networks.mjs';
import { trainedNetworks } from './support/training.mjs';

/** Each in a browser context of its own. */
const startupSamples = 6;

const planners = {
  kernels: ({ builds }) => builds.map((build) => ({ suite: 'kernels', build })),
  operators: ({ builds }) => [{ suite: 'operators', builds }],
  networks: ({ builds, threads, wants, cases = [] }) =>
    [
      ...networks.filter(({ name }) => cases.length === 0 && wants(name)).map(({ id }) => ({ network: id })),
      ...cases.map((folder) => ({ network: testCaseId(folder), testCase: folder })),
    ].flatMap((network) =>
      threads.map((count) => ({ suite: 'networks', ...network, builds, threads: Number(count) })),
    ),
  startup: ({ wants, rounds }) =>
    Object.values(startupCases).some(wants)
      ? Array.from({ length: Math.min(rounds, startupSamples) }, () => startupContestants)
          .flat()
          .map((contestant) => ({ suite: 'startup', network: 'efficientnet-lite0', contestant, visits: 2 }))
      : [],
  quantize: ({ builds, wants }) =>
    Object.values(quantizeCases).some(wants)
      ? [{ suite: 'quantize', network: 'efficientnet-lite0', builds: builds.slice(-1) }]
      : [],
  training: ({ builds, threads, wants, python }) =>
    trainedNetworks
      .filter(({ name }) => wants(name))
      .flatMap(({ id }) =>
        threads.map((count) => ({
          ...{ suite: 'training', network: id, builds, threads: Number(count) },
          ...(python && count === '1' ? { python } : {}),
        })),
      ),
};

/** The jobs of the wanted kinds, in order. */
export function planJobs({ kinds, ...options }) {
  const { rounds, budget: budgetMs, only } = options;
  const pattern = new RegExp(only ?? '', 'i');
  const wants = (name) => pattern.test(name);
  return kinds.flatMap((kind) =>
    planners[kind]({ ...options, wants }).map((job) => ({ ...job, rounds, budgetMs, only })),
  );
}

export const describeJob = ({ suite, network, build, threads, contestant }) =>
  [suite, network, contestant, build, threads && `${threads} thread${threads > 1 ? 's' : ''}`]
    .filter(Boolean)
    .join(', ');

/**
 * Whether a job is for an engine: start-up is that of a page, training multiplies no integers, which is all that VNNI changes, and
 * other browsers than Chromium run whole networks only.
 */
export function runsIn({ suite }, engine) {
  if (suite === 'networks') return true;
  if (suite === 'training') return engine === 'node' || engine === 'chromium';
  return engine === 'node' ? suite !== 'startup' : engine.startsWith('chromium');
}
