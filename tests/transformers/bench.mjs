// node --experimental-wasm-relaxed-simd --no-liftoff bench.mjs FOLDER [--only PATTERN] [--engine node|chromium]: transformers.js 4 on Octavo and
// on onnxruntime-web, one thread each, in one process or page. Both answer, the answers are compared, and they take turns. FOLDER is what
// tools/fixtures/transformers_*.py write with OCTAVO_NETWORKS=real: build/transformers. PATTERN: of "title dtype".
import { parseArgs } from 'node:util';
import { checkSame } from './support/compare.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' }, engine: { type: 'string', default: 'node' } },
});

const middle = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** How far the answers are apart, or where they are two. */
function difference(answers, tolerance) {
  try {
    return checkSame(...answers, tolerance).toExponential(1);
  } catch (error) {
    return error.message.replaceAll('\n', ' ');
  }
}

const rows = [];
function say({ title, dtype, tokens, times, answers }) {
  const ratios = times[0].map((ms, i) => times[1][i] / ms);
  const [mine, theirs] = times.map(middle);
  rows.push({
    pipeline: title,
    dtype,
    'Octavo, ms': mine.toFixed(1),
    'onnxruntime-web, ms': theirs.toFixed(1),
    'times faster': middle(ratios).toFixed(2),
    spread: `${Math.min(...ratios).toFixed(2)} … ${Math.max(...ratios).toFixed(2)}`,
    'ms a token': tokens ? (mine / tokens).toFixed(1) : '',
    difference: difference(answers, dtype === 'fp32' ? 1e-5 : 1e-2),
  });
  console.log(Object.values(rows.at(-1)).join('  '));
}

const { run } = await import(`./support/contest_${values.engine}.mjs`);
await run(positionals[0], values.only, say);
console.table(rows);
