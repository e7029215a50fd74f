// NumPy's .npy files. The format is a line of Python's literals before the bytes; the parsers on npm either do not write, or bring
// packages for fetching over the network.
import { messageOf } from '../error.js';
import { halvesToFloats, isHalfType } from '../half.js';
import { Tensor, elementTypes, tensorOfBytes, type TensorType } from '../tensor.js';
import { contentError, readBytes, writeBytes } from './files.js';

const magic = '\x93NUMPY';

/** Structures have long headers; those of numbers are of some hundred bytes. */
const longestHeader = 10_000;

/** Element types by NumPy's kind and size. */
const tensorTypes: Readonly<Record<string, TensorType>> = {
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  u2: 'uint16',
  i4: 'int32',
  u4: 'uint32',
  i8: 'int64',
  u8: 'uint64',
  b1: 'bool',
};

/**
 * Reads an array in C order; float16 becomes float32.
 * @throws OctavoError `File`, or `InvalidData` when it is no whole .npy file of numbers
 */
export async function readNpy(path: string): Promise<Tensor> {
  const bytes = await readBytes(path);
  try {
    return parse(bytes);
  } catch (error) {
    throw contentError(path, `is no .npy file of numbers: ${messageOf(error)}`, error);
  }
}

function parse(bytes: Uint8Array<ArrayBuffer>): Tensor {
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes.length < 12 || text(0, magic.length) !== magic) throw new Error('it does not begin as one');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Version 1 counts the header's bytes in two bytes, later ones in four.
  const [start, length] = bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (start + length > bytes.length || length > longestHeader) throw new Error('its header is cut off');
  const header = text(start, start + length);
  const field = (name: string, value: RegExp) => {
    const [, found] = new RegExp(`'${name}'\\s*:\\s*${value.source}`).exec(header) ?? [];
    if (found === undefined) throw new Error(`its header has no '${name}' that could be read`);
    return found;
  };
  const descr = field('descr', /'([^']*)'/);
  const dims = field('shape', /\(([\d\s,L]*)\)/)
    .split(',')
    .filter((size) => size.trim() !== '');
  const shape = dims.map((size) => Number.parseInt(size, 10));
  if (field('fortran_order', /(True|False)/) === 'True' && shape.length > 1)
    throw new Error('it is in Fortran order; save it in C order');
  const data = bytes.subarray(start + length);
  const [, order = '', kind = ''] = /^([<>|=]?)(\w+)$/.exec(descr) ?? [];
  if (order === '>' && !kind.endsWith('1')) throw new Error(`its elements (${descr}) are big-endian`);
  if (kind === 'f2') return halves(data, shape);
  const type = Object.hasOwn(tensorTypes, kind) ? tensorTypes[kind] : undefined;
  if (!type) throw new Error(`its elements are of type ${descr}, which is no type of tensors`);
  return tensorOfBytes(type, data, shape);
}

function halves(bytes: Uint8Array, shape: readonly number[]): Tensor {
  const { data } = tensorOfBytes('uint16', bytes, shape);
  return new Tensor('float32', halvesToFloats('float16', data), shape);
}

const latin1Bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/**
 * Floats of 16 bits are written as float32, which has room for both of their kinds.
 * @throws OctavoError `File`
 */
export async function writeNpy(path: string, tensor: Tensor): Promise<void> {
  const { type, data, dims } = isHalfType(tensor.type)
    ? new Tensor('float32', halvesToFloats(tensor.type, tensor.data as Uint16Array), tensor.dims)
    : tensor;
  const [kind] = Object.entries(tensorTypes).find(([, name]) => name === type) ?? [];
  const order = elementTypes[type].array.BYTES_PER_ELEMENT === 1 ? '|' : '<';
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const header = `{'descr': '${order}${kind}', 'fortran_order': False, 'shape': (${shape}), }`;
  // The elements begin at a multiple of 64 bytes.
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const start = `${magic}\x01\x00${String.fromCharCode(length & 255, length >> 8)}`;
  const head = latin1Bytes(`${start}${header.padEnd(length - 1)}\n`);
  const bytes = new Uint8Array(head.length + data.byteLength);
  bytes.set(head);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), head.length);
  await writeBytes(path, bytes);
}
