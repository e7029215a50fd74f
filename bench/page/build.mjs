// Bundles the page as an application would be, and what Node cannot run as it is.
import { build as bundle } from 'esbuild';
import { build } from 'vite';
import { inBuild, inRoot } from '../support/paths.mjs';

export const buildPage = () =>
  build({
    root: inRoot('bench/page'),
    configFile: false,
    logLevel: 'error',
    build: {
      outDir: inBuild('page'),
      emptyOutDir: true,
      target: 'esnext',
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: { input: [inRoot('bench/page/index.html')] },
    },
  });

/** Makes a module for Node of a runtime whose package has a part for bundlers only. */
export const bundleForNode = (name) =>
  bundle({
    ...{ entryPoints: [inRoot(`bench/runtimes/${name}.mjs`)], outfile: inBuild('node', `${name}.cjs`) },
    ...{ bundle: true, format: 'cjs', platform: 'node', mainFields: ['module', 'main'], logLevel: 'error' },
  });
