// What a run consists of: jobs, each done in a fresh page or process.

const planners = {
  kernels: ({ builds }) => builds.map((build) => ({ suite: 'kernels', build })),
};

/** The jobs of the wanted kinds, in order. */
export function planJobs({ kinds, ...options }) {
  const { rounds, budget: budgetMs, only } = options;
  return kinds.flatMap((kind) => planners[kind](options).map((job) => ({ ...job, rounds, budgetMs, only })));
}

export const describeJob = ({ suite, build, threads }) =>
  [suite, build, threads && `${threads} thread${threads > 1 ? 's' : ''}`].filter(Boolean).join(', ');
