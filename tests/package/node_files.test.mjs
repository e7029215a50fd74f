// Files of samples in Node: arrays, TensorProtos, images, folders.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PbfWriter } from 'pbf';
import { PNG } from 'pngjs';
import { Tensor } from 'octavo';
import { listFiles, readImage, readNpy, readTensorProto, writeNpy } from 'octavo/node';
import { modelFile } from './support/networks.mjs';

/** Two pixels, (1, 2, 3) and (4, 5, 6). */
const losslessWebp = 'UklGRiwAAABXRUJQVlA4TCAAAAAvAQAAAA+gEEAAFDQKAQRAQaMQQAAUNPMf+R8qENH/AA==';

let folder;
const inFolder = (name) => join(folder, name);
before(async () => (folder = await mkdtemp(join(tmpdir(), 'octavo-files-'))));
after(() => rm(folder, { recursive: true }));

test('.npy files come back as they were written', async () => {
  const tensors = [
    new Tensor('float32', [1.5, -0, NaN, Infinity], [2, 2]),
    new Tensor('float64', [Math.PI]),
    new Tensor('int64', [-1n, 2n ** 62n]),
    new Tensor('uint8', [0, 255], [1, 2, 1]),
    new Tensor('int8', [-128]),
    new Tensor('int32', [7], []),
    new Tensor('bool', [true, false, true]),
    new Tensor('float32', [], [0, 3]),
  ];
  for (const tensor of tensors) {
    await writeNpy(inFolder('x.npy'), tensor);
    assert.deepEqual(await readNpy(inFolder('x.npy')), tensor);
  }
});

test('.npy files of NumPy: its headers, later versions, halves, elements at any address', async () => {
  const digits = await readNpy(modelFile('mnist-test-images.npy'));
  assert.deepEqual([digits.type, digits.dims], ['uint8', [1000, 28, 28]]);
  const text = "{'descr': '<f2', 'fortran_order': True, 'shape': (7L,), }\n";
  const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 2, 0, text.length, 0, 0, 0]);
  const halves = Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0xfc00, 0x7e00).buffer);
  await writeFile(inFolder('half.npy'), Buffer.concat([head, Buffer.from(text), halves]));
  assert.deepEqual(
    await readNpy(inFolder('half.npy')),
    new Tensor('float32', [1, -2, 2 ** -24, 65504, Infinity, -Infinity, NaN], [7]),
  );
  await writeNpy(inFolder('x.npy'), new Tensor('float32', [1, 2], [1, 2]));
  const written = await readFile(inFolder('x.npy'));
  assert.equal(written.length % 64, 8);
  assert.match(
    written.toString('latin1'),
    /^.NUMPY..v.{'descr': '<f4', 'fortran_order': False, 'shape': \(1, 2\), } *\n/,
  );
});

test('.npy files that are no tensors are refused', async () => {
  const npy = async (header, bytes = 0) => {
    const text = header.padEnd(117) + '\n';
    const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, text.length, 0]);
    await writeFile(inFolder('bad.npy'), Buffer.concat([head, Buffer.from(text), Buffer.alloc(bytes)]));
    return readNpy(inFolder('bad.npy'));
  };
  const invalid = { code: 'InvalidData', message: /bad\.npy/ };
  await assert.rejects(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", 12), invalid);
  await assert.rejects(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", 16), /Fortran/);
  await assert.rejects(npy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", 4), invalid);
  await assert.rejects(npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", 8), invalid);
  await writeFile(inFolder('bad.npy'), '');
  await assert.rejects(readNpy(inFolder('bad.npy')), invalid);
  await writeFile(inFolder('bad.npy'), Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 99, 0, 1, 2, 3]));
  await assert.rejects(readNpy(inFolder('bad.npy')), /header is cut off/);
  await assert.rejects(
    npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", 4),
    /'descr'/,
  );
  await assert.rejects(readNpy(inFolder('none.npy')), { code: 'File' });
});

/** A TensorProto; `fill` writes its values. */
async function proto(dims, dataType, fill) {
  const writer = new PbfWriter();
  for (const dim of dims) writer.writeVarintField(1, dim);
  writer.writeVarintField(2, dataType);
  fill(writer);
  writer.writeStringField(8, 'name');
  await writeFile(inFolder('x.pb'), writer.finish());
  return readTensorProto(inFolder('x.pb'));
}

test('TensorProto files in each of their forms', async () => {
  const raw = new Uint8Array(BigInt64Array.of(-5n, 6n).buffer);
  assert.deepEqual(await proto([2], 7, (writer) => writer.writeBytesField(9, raw)), {
    name: 'name',
    tensor: new Tensor('int64', [-5n, 6n]),
  });
  const read = async (...args) => (await proto(...args)).tensor;
  assert.deepEqual(
    await read([1, 2], 1, (writer) => writer.writePackedFloat(4, [0.5, -2])),
    new Tensor('float32', [0.5, -2], [1, 2]),
  );
  assert.deepEqual(
    await read([2], 3, (writer) => writer.writePackedVarint(5, [-3, 4])),
    new Tensor('int8', [-3, 4]),
  );
  assert.deepEqual(
    await read([2], 7, (writer) => writer.writePackedVarint(7, [-3, 4])),
    new Tensor('int64', [-3n, 4n]),
  );
  assert.deepEqual(
    await read([1], 11, (writer) => writer.writePackedDouble(10, [Math.PI])),
    new Tensor('float64', [Math.PI]),
  );
  assert.deepEqual(
    await read([], 9, (writer) => writer.writePackedVarint(5, [1])),
    new Tensor('bool', [true], []),
  );
});

test('TensorProto files that are none are refused', async () => {
  const invalid = { code: 'InvalidData', message: /x\.pb/ };
  await assert.rejects(
    proto([3], 1, (writer) => writer.writePackedFloat(4, [1])),
    invalid,
  );
  await assert.rejects(
    proto([1], 8, () => {}),
    invalid,
  );
  await assert.rejects(
    proto([1], 1, (writer) => writer.writeBytesField(9, new Uint8Array(3))),
    invalid,
  );
  await assert.rejects(
    proto([1], 1, (writer) => writer.writeVarintField(14, 1)),
    invalid,
  );
  await writeFile(inFolder('x.pb'), Buffer.from('this is no protobuf at all'));
  await assert.rejects(readTensorProto(inFolder('x.pb')), invalid);
});

test('images: PNG keeps its pixels, what is broken is refused, and decoding goes on', async () => {
  const png = new PNG({ width: 2, height: 1 });
  png.data.set([1, 2, 3, 255, 4, 5, 6, 255]);
  const bytes = PNG.sync.write(png);
  await writeFile(inFolder('x.png'), bytes);
  const image = await readImage(inFolder('x.png'));
  assert.deepEqual([image.width, image.height, ...image.data], [2, 1, 1, 2, 3, 255, 4, 5, 6, 255]);
  const webp = Buffer.from(losslessWebp, 'base64');
  await writeFile(inFolder('x.webp'), webp);
  const decoded = await readImage(inFolder('x.webp'));
  assert.deepEqual([decoded.width, decoded.height, ...decoded.data], [2, 1, 1, 2, 3, 255, 4, 5, 6, 255]);
  await writeFile(inFolder('cut.webp'), webp.subarray(0, webp.length - 6));
  const jpeg = await readFile(modelFile('photos/cat.jpg'));
  await writeFile(inFolder('cut.png'), bytes.subarray(0, 40));
  await writeFile(inFolder('cut.jpg'), jpeg.subarray(0, 3000));
  await writeFile(inFolder('junk.jpg'), Buffer.concat([jpeg.subarray(0, 3), Buffer.alloc(100, 7)]));
  await writeFile(inFolder('text.jpg'), 'hello');
  for (const name of ['cut.png', 'cut.jpg', 'cut.webp', 'junk.jpg', 'text.jpg']) {
    await assert.rejects(readImage(inFolder(name)), { code: 'InvalidData', file: inFolder(name) }, name);
  }
  assert.equal((await readImage(modelFile('photos/cat.jpg'))).height, 256);
});

test('a folder stands for the samples in it, in order', async () => {
  await mkdir(inFolder('samples/deeper'), { recursive: true });
  for (const name of ['b.npy', 'a.JPG', 'notes.txt', 'c.pb'])
    await writeFile(inFolder(`samples/${name}`), '');
  const names = (await listFiles([inFolder('samples'), inFolder('x.pb')])).map((path) =>
    path.slice(folder.length + 1),
  );
  assert.deepEqual(names, ['samples/a.JPG', 'samples/b.npy', 'samples/c.pb', 'x.pb']);
  await assert.rejects(listFiles([inFolder('samples/deeper')]), { code: 'File', message: /there are no/ });
  await mkdir(inFolder('classes/cats'), { recursive: true });
  await assert.rejects(listFiles([inFolder('classes')]), { code: 'File', message: /folders in it/ });
  await assert.rejects(listFiles(inFolder('samples')), { code: 'InvalidOption', message: /a list of paths/ });
  await assert.rejects(listFiles([inFolder('nowhere')]), { code: 'File', message: /no such file/ });
});
