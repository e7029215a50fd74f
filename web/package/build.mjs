// Builds the package: TypeScript, then what must not be left to whoever installs it. Run by `npm run build`.
//
//   dist/**/*.js        for Node, module by module
//   dist/vendor/*.js    each npm package that they import, in one file: nobody has to install any
//   dist/browser.js     for pages, with what training takes in a file of its own (dist/browser-prepare-*.js)
//   dist/onnxruntime.js, dist/transformers.js   for pages, too: what stands in for others, beside browser.js, which it imports
//   dist/engine/        engines, and the workers, each in one file, that pages and bundlers take as they are
//   dist/single.js      all in one file, with the SIMD engine
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import ts from 'typescript';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');
const inDist = (...path) => join(dist, ...path);
const require = createRequire(import.meta.url);

/** The files of dist whose path matches. */
const files = (pattern) =>
  readdirSync(dist, { recursive: true }).filter((path) => pattern.test(path.replaceAll('\\', '/')));

/** Removes all that was built before but the engines, which another build puts there. */
function clean() {
  mkdirSync(dist, { recursive: true });
  for (const path of files(/\.(js|map|d\.m?ts)$/)) rmSync(inDist(path));
}

function compile() {
  execFileSync(
    process.execPath,
    [require.resolve('typescript/bin/tsc'), '--project', join(root, 'tsconfig.json')],
    {
      stdio: 'inherit',
    },
  );
}

/** The one package that is installed beside this one: a page's own tensors are to be instances of the same class. */
const sharedPackage = 'onnxruntime-common';

/** The specifiers of other packages in a module's imports, each with its place and the names that are imported. */
function packageImports(text) {
  const source = ts.createSourceFile('module.js', text, ts.ScriptTarget.Latest);
  return source.statements
    .filter(ts.isImportDeclaration)
    .filter(({ moduleSpecifier: { text } }) => !/^(\.|node:)/.test(text) && text !== sharedPackage)
    .map(({ moduleSpecifier, importClause }) => ({
      name: moduleSpecifier.text,
      start: moduleSpecifier.getStart(source),
      end: moduleSpecifier.getEnd(),
      names: [
        ...(importClause?.name ? ['default'] : []),
        ...(importClause?.namedBindings?.elements ?? []).map(
          (element) => (element.propertyName ?? element.name).text,
        ),
      ],
    }));
}

const vendorFile = (name) => `vendor/${name.replace(/^@/, '').replace(/\.js$/, '').replaceAll('/', '-')}.js`;

/** Notes the licence of the package that a file is from, by its name and version. */
function addLicense(licenses, file) {
  const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [];
  if (!folder) return;
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const text = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (!text) throw new Error(`${name} has no licence text to go with its code`);
  licenses.set(`${name} ${version}`, readFileSync(join(folder, text), 'utf8').trim() + '\n');
}

/** Puts what modules import of other packages into dist/vendor, and has them import it from there. */
async function vendor() {
  const wanted = new Map();
  for (const path of files(/^(?!vendor\/|engine\/).*\.js$/)) {
    let text = readFileSync(inDist(path), 'utf8');
    for (const { name, start, end, names } of packageImports(text).reverse()) {
      const known = wanted.get(name) ?? wanted.set(name, new Set()).get(name);
      for (const each of names) known.add(each);
      const from = relative(dirname(path), vendorFile(name));
      text = `${text.slice(0, start)}'${from.startsWith('.') ? from : `./${from}`}'${text.slice(end)}`;
    }
    writeFileSync(inDist(path), text);
  }
  const licenses = new Map();
  for (const [name, names] of wanted) {
    const isForPages = name === 'wasm-feature-detect';
    const { metafile } = await build({
      metafile: true,
      stdin: { contents: `export { ${[...names].join(', ')} } from '${name}';`, resolveDir: root },
      outfile: inDist(vendorFile(name)),
      bundle: true,
      format: 'esm',
      platform: isForPages ? 'neutral' : 'node',
      mainFields: ['module', 'main'],
      target: 'es2022',
      legalComments: 'inline',
      // CommonJS packages ask for Node's own modules so.
      banner: isForPages
        ? {}
        : {
            js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
          },
    });
    for (const input of Object.keys(metafile.inputs)) addLicense(licenses, input);
  }
  const texts = [...licenses]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => `${name}\n\n${text}`);
  writeFileSync(inDist('vendor/LICENSES.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`));
}

/** The WebAssembly of packages, beside their vendor files. */
const vendorWasm = {
  '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm': 'vendor/mozjpeg_dec.wasm',
  '@jsquash/webp/codec/dec/webp_dec.wasm': 'vendor/webp_dec.wasm',
};

function copyWasm() {
  for (const [from, to] of Object.entries(vendorWasm)) copyFileSync(require.resolve(from), inDist(to));
}

const forPages = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  sourcemap: true,
  allowOverwrite: true,
  logLevel: 'warning',
  // Of Emscripten's glue, whose branches for Node are dead in a page.
  external: ['node:*', 'module'],
};

/** What the drop-ins take of the package is in the files beside them: a page has one engine, however it came by it. */
const besideOthers = {
  name: 'beside others',
  setup(bundler) {
    const outside = (filter, path) => bundler.onResolve({ filter }, () => ({ path, external: true }));
    outside(/^\.\.\/(api|browser)\.js$/, './browser.js');
    outside(/^\.\.\/onnxruntime\/api\.js$/, './onnxruntime.js');
  },
};

async function bundle() {
  await build({
    ...forPages,
    entryPoints: [inDist('browser.js')],
    outdir: dist,
    // What only some take is a chunk of its own.
    splitting: true,
    chunkNames: 'browser-[name]-[hash]',
    external: [...forPages.external, inDist('engine/*')],
  });
  await build({
    ...forPages,
    entryPoints: [inDist('single.js')],
    outfile: inDist('single.js'),
    loader: { '.wasm': 'binary' },
  });
  for (const dropIn of ['onnxruntime', 'transformers'])
    await build({
      ...forPages,
      entryPoints: [inDist(dropIn, 'browser.js')],
      outfile: inDist(`${dropIn}.js`),
      external: [...forPages.external, sharedPackage],
      plugins: [besideOthers],
    });
  for (const worker of files(/^engine\/worker-.*\.js$/))
    await build({ ...forPages, entryPoints: [inDist(worker)], outfile: inDist(worker) });
}

clean();
compile();
await vendor();
copyWasm();
await bundle();
