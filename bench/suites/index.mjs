// What can be measured in one go, in Node or in a page. Loaded when asked for: a page downloads no more than it measures.
const suites = {
  kernels: async () => (await import('./kernels.mjs')).measureKernels,
  operators: async () => (await import('./operators.mjs')).measureOperators,
  networks: async () => (await import('./networks.mjs')).measureNetwork,
  startup: async () => (await import('./startup.mjs')).measureStartup,
  quantize: async () => (await import('./quantize.mjs')).measureQuantizing,
  training: async () => (await import('./training.mjs')).measureTraining,
};

/**
 * Does one job, {suite, build, threads, rounds, budgetMs, only, …}, in this place. `platform` is what Node and pages do
 * differently: {engine, text(path), bytes(path), kernelsModule(build), importOrt(), importTfjsTraining(), folder(runtime),
 * askPython(request), say(line)}; `askPython` is there where the job names an interpreter, `python`. Returns rows.
 */
export async function runJob(job, platform) {
  const measure = await suites[job.suite]();
  const pattern = new RegExp(job.only ?? '', 'i');
  const rows = await measure({ ...platform, ...job, wants: (name) => pattern.test(name) });
  return rows.map((row) => ({ ...row, engine: platform.engine }));
}
