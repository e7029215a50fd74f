// What a run consists of: jobs, each done in a fresh page or process.
import { networks } from './support/networks.mjs';

const planners = {
  kernels: ({ builds }) => builds.map((build) => ({ suite: 'kernels', build })),
  operators: ({ builds }) => [{ suite: 'operators', builds }],
  networks: ({ builds, threads, wants }) =>
    networks
      .filter(({ name }) => wants(name))
      .flatMap(({ id }) =>
        threads.map((count) => ({ suite: 'networks', network: id, builds, threads: Number(count) })),
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

export const describeJob = ({ suite, network, build, threads }) =>
  [suite, network, build, threads && `${threads} thread${threads > 1 ? 's' : ''}`].filter(Boolean).join(', ');

/** Whether an engine can do a job: start-up is that of a page. */
export const runsIn = ({ suite }, engine) => suite !== 'startup' || engine !== 'node';
