// npm run sizes [-- --engine relaxed] [--all]: how many bytes of the engine come from each file: operators, passes, kernels.
//
// The engine is built with line tables once more, and its source map attributes every byte of code to a line. What is
// inlined counts where it was written; the linker's merging and gzip are shares of the whole.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { decode } from '@jridgewell/sourcemap-codec';
import { inRoot } from './lib/paths.mjs';
import { engines } from './lib/presets.mjs';
import { Problem, main } from './lib/run.mjs';
import { buildPreset } from './build.mjs';
import { setUp } from './setup.mjs';

/** The file of Octavo's that a source belongs to, or the library. */
function ownerOf(source) {
  // Headers are seen through the include roots of cmake/layers.cmake.
  const [, , header] = /\/include\/(\w+)\/(\1\/.*)$/.exec(source) ?? [];
  if (header) return `src/${header}`;
  const [, own] = /(?:^|\/)((?:src|bindings)\/[^\0]*)$/.exec(source) ?? [];
  if (own && !source.includes('/system/')) return own;
  return /libcxx|c\+\+|libcxxabi|libunwind/.test(source) ? 'C++ library' : 'C library and Embind';
}

const codeSection = 10;

/** Where the code section of a module ends. */
function endOfCode(wasm) {
  for (let place = 8; place < wasm.length;) {
    const id = wasm[place++];
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      size += (wasm[place] & 127) * 2 ** shift;
      more = wasm[place++] > 127;
    }
    place += size;
    if (id === codeSection) return place;
  }
  throw new Problem('the module has no code');
}

/** Bytes of code by owner. */
function bytesByOwner(wasm, map) {
  const bytes = new Map();
  const [segments] = decode(map.mappings);
  const last = endOfCode(wasm);
  segments.forEach(([start, source], i) => {
    const end = segments[i + 1]?.[0] ?? last;
    const owner = source === undefined ? 'unknown' : ownerOf(map.sources[source]);
    bytes.set(owner, (bytes.get(owner) ?? 0) + end - start);
  });
  return bytes;
}

/** The sums by what `groupOf` says of an owner, the largest first. */
function grouped(bytes, groupOf) {
  const sums = new Map();
  for (const [owner, size] of bytes) sums.set(groupOf(owner), (sums.get(groupOf(owner)) ?? 0) + size);
  return [...sums].sort(([, a], [, b]) => b - a);
}

await main(async () => {
  const { values } = parseArgs({
    options: { engine: { type: 'string', default: 'relaxed' }, all: { type: 'boolean' } },
  });
  if (!engines.includes(values.engine)) throw new Problem(`--engine is one of ${engines.join(', ')}`);
  await setUp();
  await buildPreset('sizes', [`octavo_engine_module_${values.engine}`]);
  const file = inRoot('build/sizes/engine', `engine-${values.engine}.wasm`);
  const wasm = readFileSync(file);
  const bytes = bytesByOwner(wasm, JSON.parse(readFileSync(`${file}.map`, 'utf8')));
  const code = wasm.subarray(0, endOfCode(wasm));
  const share = gzipSync(code, { level: 9 }).length / code.length;
  const print = ([name, size]) =>
    console.log(
      `${String(size).padStart(8)} ${((size * share) / 1024).toFixed(2).padStart(7)} KB gzip  ${name}`,
    );
  const layer = (owner) => /^src\/(?:kernels\/)?[^/]+(?=\/)/.exec(owner)?.[0] ?? owner;
  console.log('by layer and kernel family');
  grouped(bytes, layer).forEach(print);
  console.log('\nby file');
  const files = grouped(bytes, (owner) => owner.replace(/\.(cc|h)$/, ''));
  files.slice(0, values.all ? undefined : 60).forEach(print);
  return 0;
});
