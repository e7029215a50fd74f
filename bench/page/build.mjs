// Bundles the page as an application would be.
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
