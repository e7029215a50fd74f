// Where things are, for the parts that run in Node.
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const inRoot = (...parts) => join(root, ...parts);
/** Everything that the benchmark makes. */
export const inBuild = (...parts) => inRoot('build/bench', ...parts);

const require = createRequire(import.meta.url);
const besideMain = (name, ...parts) => join(dirname(require.resolve(name)), ...parts);

/** The folders that job platforms serve under these names. */
export const folders = {
  shapes: inRoot('bench/shapes'),
  material: inBuild('material'),
  'kernels/simd': inRoot('build/wasm/bench/simd'),
  'kernels/relaxed': inRoot('build/wasm/bench/relaxed'),
  'runtimes/ort': besideMain('onnxruntime-web'),
  'runtimes/litert': inRoot('node_modules/@litertjs/core/wasm'),
  'runtimes/tfjs': inRoot('node_modules/@tensorflow/tfjs-backend-wasm/dist'),
};

/** The file that a path of theirs means. */
export function fileOf(path) {
  const folder = Object.keys(folders).find((name) => path.startsWith(`${name}/`));
  if (!folder) throw new Error(`no folder is served at ${path}`);
  return join(folders[folder], path.slice(folder.length + 1));
}
