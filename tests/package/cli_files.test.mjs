// The command line and the files that it writes: nothing is lost, whatever goes wrong.
import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import {
  access,
  cp,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Tensor } from 'octavo';
import { writeNpy } from 'octavo/node';
import { commandLine } from './support/command_line.mjs';
import { modelFile } from './support/networks.mjs';
import { onnxFile } from './support/onnx_model.mjs';
import { packageRoot } from './support/package.mjs';

let folder;
const inFolder = (name) => join(folder, name);
const { octavo, json, failsWith, misused } = commandLine(() => folder);
const dynamic = ['--method', 'dynamic'];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octavo-cli-'));
  await cp(modelFile('mnist.onnx'), inFolder('mnist.onnx'));
  await mkdir(inFolder('folder'));
  await writeFile(inFolder('mine.txt'), 'mine');
  await writeNpy(inFolder('x.npy'), new Tensor('float32', new Float32Array(784), [1, 1, 28, 28]));
  const unranked = {
    nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }],
    inputs: [{ name: 'x' }],
    outputs: [{ name: 'y' }],
  };
  await writeFile(inFolder('unranked.onnx'), onnxFile(unranked));
});
after(() => rm(folder, { recursive: true }));

const nothingLeftOver = async () => {
  const parts = (await readdir(folder)).filter((name) => name.endsWith('.part'));
  assert.deepEqual(parts, []);
};

test('the program is one that npm can link before anything is built', async () => {
  const { bin } = JSON.parse(await readFile(new URL('package.json', packageRoot), 'utf8'));
  const file = new URL(bin.octavo, packageRoot);
  await access(file, constants.X_OK);
  assert.match(await readFile(file, 'utf8'), /^#!\/usr\/bin\/env node\n/);
  // Without a build it says what to do.
  await cp(file, inFolder('unbuilt/bin/octavo.mjs'));
  const alone = await import('node:child_process').then(({ spawnSync }) =>
    spawnSync(inFolder('unbuilt/bin/octavo.mjs'), ['--help'], { encoding: 'utf8' }),
  );
  assert.equal(alone.status, 1);
  assert.equal(alone.stderr, 'octavo: the package is not built yet; run npm start first\n');
});

test('output that cannot be written is refused before the work', async () => {
  const quantize = (output) => ['quantize', 'mnist.onnx', ...dynamic, '-o', output];
  await failsWith(/cannot write folder: it is a folder/, ...quantize('folder'));
  await failsWith(/there is no such folder/, ...quantize('nowhere/out.onnx'));
  await failsWith(/mine\.txt is no folder/, ...quantize('mine.txt/out.onnx'));
  await failsWith(/not a directory|is no folder/, ...quantize('mine.txt/deeper/out.onnx'));
  await misused(/is the float model itself/, ...quantize('mnist.onnx'));
  await symlink(inFolder('mnist.onnx'), inFolder('link.onnx'));
  await misused(/is the float model itself/, ...quantize('link.onnx'));
  await failsWith(/cannot write mine\.txt/, 'run', 'mnist.onnx', '--input', 'x.npy', '--output', 'mine.txt');
  assert.equal(await readFile(inFolder('mine.txt'), 'utf8'), 'mine');
  assert.deepEqual(await readFile(inFolder('mnist.onnx')), await readFile(modelFile('mnist.onnx')));
  await nothingLeftOver();
});

test('a file stays as it is when its successor fails', async () => {
  await writeFile(inFolder('old.onnx'), 'old');
  const output = ['-o', 'old.onnx', '--force'];
  await misused(/no such node/, 'quantize', 'mnist.onnx', ...dynamic, '--exclude', 'no such node', ...output);
  await failsWith(/mine\.txt: /, 'quantize', 'mine.txt', ...dynamic, ...output);
  await misused(/old\.onnx exists already; --force/, 'quantize', 'mnist.onnx', ...output.slice(0, 2));
  assert.equal(await readFile(inFolder('old.onnx'), 'utf8'), 'old');
  await nothingLeftOver();
});

test('a file is replaced whole, with its rights, where a link leads, and pipes are written to', async () => {
  await writeFile(inFolder('real.onnx'), 'old', { mode: 0o640 });
  await symlink('real.onnx', inFolder('way.onnx'));
  const { quantized } = await json('quantize', 'mnist.onnx', ...dynamic, '-o', 'way.onnx', '--force');
  const written = await stat(inFolder('real.onnx'));
  assert.equal(written.size, quantized.bytes);
  assert.equal(written.mode & 0o777, 0o640);
  assert.equal((await json('inspect', 'way.onnx')).quantization.scheme, 'dynamic');
  assert.equal((await octavo('quantize', 'mnist.onnx', ...dynamic, '-o', '/dev/null')).code, 0);
  assert.ok((await stat('/dev/null')).isCharacterDevice());
  await nothingLeftOver();
});

test('empty files, files of another kind and files that are too large', async () => {
  await writeFile(inFolder('empty.onnx'), '');
  await writeFile(inFolder('empty.npy'), '');
  await failsWith(/empty\.onnx: the file is empty/, 'inspect', 'empty.onnx');
  await failsWith(/empty\.npy is no \.npy file/, 'run', 'mnist.onnx', '--input', 'empty.npy');
  await failsWith(/mine\.txt: /, 'inspect', 'mine.txt');
  await failsWith(/cannot read folder: it is a folder/, 'inspect', 'folder');
  // Nothing but a size: the file system stores no zeros.
  for (const [name, bytes] of [
    ['large.onnx', 5e9],
    ['large.npy', 3e9],
  ]) {
    const file = await open(inFolder(name), 'w');
    await file.truncate(bytes);
    await file.close();
  }
  await failsWith(/large\.onnx: cannot allocate 5000000000 bytes/, 'inspect', 'large.onnx');
  await failsWith(/cannot read large\.npy: .*2 GiB/, 'run', 'mnist.onnx', '--input', 'large.npy');
});

test('inspect says where not even the rank is known', async () => {
  const { stdout } = await octavo('inspect', 'unranked.onnx');
  assert.match(stdout, /input +x: float32 of unknown rank\n/);
  assert.match(stdout, /output +y: float32 of unknown rank\n/);
  const { inputs } = await json('inspect', 'unranked.onnx');
  assert.deepEqual(inputs, [{ name: 'x', type: 'float32' }]);
  const { samples } = await json('run', 'unranked.onnx', '--input', 'x.npy');
  assert.deepEqual(samples[0].outputs[0].dims, [1, 1, 28, 28]);
});

test('a reader that has seen enough is no error', async () => {
  const { spawnSync } = await import('node:child_process');
  const program = join(new URL('bin/octavo.mjs', packageRoot).pathname);
  const run = spawnSync('sh', ['-c', `"$0" "$1" inspect mnist.onnx | true`, process.execPath, program], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.equal(run.stderr, '');
});
