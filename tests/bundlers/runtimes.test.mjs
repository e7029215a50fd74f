// The packed package in every runtime beside browsers, as a module and by require, and in Next.js.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { reportOf } from '../support/pages.mjs';
import {
  addModel,
  checkReport,
  makeProject,
  pageScript,
  removeProjects,
  run,
  runTool,
} from './support/project.mjs';

after(removeProjects);

const everything = process.env.OCTAVO_BUNDLERS === 'all';
const skip = !everything && 'with npm test -- bundlers';

const program = (load) => `${load}
const main = async () => {
  for (const worker of [false, true]) {
    const engine = await createEngine({ worker });
    const model = await loadModel('mnist.onnx', { engine });
    const digits = new Tensor('float32', new Float32Array(784).fill(0.5), [1, 1, 28, 28]);
    const small = await model.quantizeStatic({ calibration: [digits] });
    const { logits } = await small.run({ digits });
    const bytes = await small.toOnnx();
    console.log(JSON.stringify([engine.info.worker, logits.dims, bytes[0]]));
    engine.dispose();
  }
};
main();
`;
const files = {
  'module.mjs': program("import { Tensor, createEngine, loadModel } from 'octavo';"),
  'script.cjs': program("const { Tensor, createEngine, loadModel } = require('octavo');"),
};
const expected = ['[false,[1,10],8]', '[true,[1,10],8]'];

/** Runtimes: the npm package that brings the program, the program, and what it is called with. */
const runtimes = {
  'this Node': { fast: true, program: () => process.execPath },
  'Node 22': { packages: { node: '22.23.3' } },
  'Node 24': { packages: { node: '24.21.0' } },
  Deno: {
    packages: { deno: '2.9.6' },
    program: (folder) => join(folder, 'node_modules/.bin/deno'),
    args: ['run', '-A'],
  },
  Bun: { packages: { bun: '1.4.5' }, program: (folder) => join(folder, 'node_modules/.bin/bun') },
};

for (const [name, { fast, packages, program: programOf, args = [] }] of Object.entries(runtimes)) {
  test(name, { skip: !fast && skip }, async (context) => {
    const folder = await makeProject({ files, packages });
    await addModel(folder);
    const path = programOf?.(folder) ?? join(folder, 'node_modules/node/bin/node');
    for (const script of Object.keys(files))
      await context.test(script, async () => {
        const { stdout } = await run(path, [...args, script], folder);
        assert.deepEqual(stdout.trim().split('\n'), expected);
      });
  });
}

for (const bundler of ['webpack', 'turbopack']) {
  test(`Next.js with ${bundler}`, { skip }, async () => {
    const folder = await makeProject({
      packages: { next: '16.4.6', react: '19.3.1', 'react-dom': '19.3.1' },
      files: {
        'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>;',
        'app/page.js': `'use client';
          import { useEffect } from 'react';
          export default function Page() {
            useEffect(() => void import('../work.js'), []);
            return null;
          }`,
        'work.js': pageScript('octavo'),
        'next.config.mjs': 'export default {};',
      },
    });
    await mkdir(join(folder, 'public'));
    await addModel(join(folder, 'public'));
    await runTool(folder, 'next', 'build', `--${bundler}`);
    const server = spawn(join(folder, 'node_modules/.bin/next'), ['start', '-p', '0'], { cwd: folder });
    try {
      const address = await new Promise((resolve, reject) => {
        let text = '';
        server.stdout.on('data', (data) => {
          text += data;
          const [url] = /http:\/\/localhost:\d+/.exec(text) ?? [];
          if (url) resolve(url);
        });
        server.on('exit', () => reject(new Error(text)));
      });
      // Without its headers of isolation there is one thread; what an app asks for beside is not its icon.
      checkReport(await reportOf(address, { allow: (error) => /404/.test(error) }), { threads: 1 });
    } finally {
      server.kill();
    }
  });
}
