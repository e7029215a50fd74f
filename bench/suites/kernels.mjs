// Kernel rows on the shapes of real networks, each beside the peak of its own instruction.
import { convName, depthwiseName, gemmName, parseShapes } from '../support/shapes.mjs';
import { Peaks, fastestPeaks, instructionOfRow } from './peaks.mjs';

const families = [
  { kind: 'gemm', name: gemmName },
  { kind: 'conv', name: convName },
  { kind: 'dwconv', name: depthwiseName },
];

async function listCases(context) {
  const cases = [];
  for (const { kind, name } of families) {
    const shapes = parseShapes(await context.text(`shapes/${kind}.txt`));
    cases.push(...shapes.map((shape) => ({ kind, shape, name: `${kind} ${name(shape)}` })));
  }
  return cases.filter(({ name }) => context.wants(name));
}

/** Measures one case: its rows, each beside its peak. */
async function measureCase(module, { kind, shape, name }, common, loops, peaks, context) {
  const problem = new module.Case(kind, shape);
  try {
    const macs = problem.macs();
    const contestants = problem.rows().map(({ row, precision }, index) => {
      const complaint = problem.check(index);
      if (complaint) throw new Error(`${name}, ${row}: ${complaint}`);
      const what = { case: name, kind: 'kernel', ...common, precision, row, macs };
      return {
        what,
        run: (repetitions) => problem.run(index, repetitions),
        peak: loops[instructionOfRow(row)],
      };
    });
    return await peaks.takeTurns(contestants, {
      rounds: context.rounds,
      sampleMs: 1.5,
      budgetMs: context.budgetMs,
    });
  } finally {
    problem.delete();
  }
}

export async function measureKernels(context) {
  const { build } = context;
  const cases = await listCases(context);
  if (cases.length === 0) return [];
  const module = await context.kernelsModule(build);
  const common = { runtime: 'octavo', build, threads: 1 };
  context.say(`peaks of the ${build} build; relaxed dot: ${module.dot()}`);
  const loops = await fastestPeaks(module, build);
  const peaks = new Peaks();
  const rows = [];
  for (const each of cases) {
    context.say(each.name);
    try {
      rows.push(...(await measureCase(module, each, common, loops, peaks, context)));
    } catch (error) {
      rows.push({ case: each.name, kind: 'kernel', ...common, error: error.message });
    }
  }
  return [...peaks.finish(), ...rows];
}
