// ONNX TensorProto files (.pb), as ONNX's own test data are. Field numbers and data types are those of onnx.proto.
import { PbfReader } from 'pbf';
import { messageOf } from '../error.js';
import { isHalfType } from '../half.js';
import { elementTypes, Tensor, tensorOfBytes, type TensorType } from '../tensor.js';
import { contentError, readBytes } from './files.js';

const tensorTypes = new Map(
  Object.entries(elementTypes).map(([type, { onnx }]) => [onnx as number, type as TensorType]),
);

/** Integers of 4 bits, by TensorProto.DataType, and the type that they are read as. */
const nibbleTypes = new Map<number, 'uint8' | 'int8'>([
  [21, 'uint8'],
  [22, 'int8'],
]);

interface TensorProto {
  name: string;
  dims: number[];
  dataType: number;
  values: number[];
  raw: Uint8Array | undefined;
  external: boolean;
}

function readField(tag: number, tensor: TensorProto, reader: PbfReader): void {
  if (tag === 1) reader.readPackedVarint(tensor.dims, true);
  else if (tag === 2) tensor.dataType = reader.readVarint();
  else if (tag === 4) reader.readPackedFloat(tensor.values);
  else if (tag === 5 || tag === 7) reader.readPackedVarint(tensor.values, true);
  else if (tag === 8) tensor.name = reader.readString();
  else if (tag === 9) tensor.raw = reader.readBytes();
  else if (tag === 10) reader.readPackedDouble(tensor.values);
  else if (tag === 11) reader.readPackedVarint(tensor.values);
  else if (tag === 14) tensor.external = reader.readVarint() !== 0;
}

/**
 * Reads one tensor, and the name that it carries (maybe empty).
 * @throws OctavoError `File`, or `InvalidData` when it is no whole TensorProto of numbers
 */
export async function readTensorProto(path: string): Promise<{ name: string; tensor: Tensor }> {
  const bytes = await readBytes(path);
  const proto: TensorProto = { name: '', dims: [], dataType: 0, values: [], raw: undefined, external: false };
  try {
    new PbfReader(bytes).readFields(readField, proto);
  } catch (error) {
    throw contentError(path, `is no TensorProto: ${messageOf(error)}`, error);
  }
  const nibbles = nibbleTypes.get(proto.dataType);
  const type = nibbles ?? tensorTypes.get(proto.dataType);
  if (!type) throw contentError(path, `is no TensorProto of numbers (data type ${proto.dataType})`);
  if (proto.external) throw contentError(path, 'keeps its data in another file, which is not supported');
  try {
    return { name: proto.name, tensor: nibbles ? unpackNibbles(nibbles, proto) : makeTensor(type, proto) };
  } catch (error) {
    throw contentError(path, `is no whole tensor: ${messageOf(error)}`, error);
  }
}

/** Integers of 4 bits, the first of two in the low ones, as integers of 8. */
function unpackNibbles(type: 'uint8' | 'int8', { dims, values: listed, raw }: TensorProto): Tensor {
  const packed = raw ?? Uint8Array.from(listed);
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (packed.length !== Math.ceil(count / 2))
    throw new Error(`${packed.length} bytes are not ${count} elements of 4 bits`);
  const values = Array.from({ length: count }, (_, i) => {
    const nibble = (packed[i >> 1] >> ((i & 1) * 4)) & 15;
    return type === 'int8' && nibble > 7 ? nibble - 16 : nibble;
  });
  return new Tensor(type, values, dims);
}

function makeTensor(type: TensorType, { dims, values, raw }: TensorProto): Tensor {
  if (raw) return tensorOfBytes(type, raw, dims);
  // What is listed are the bits.
  if (isHalfType(type)) return new Tensor(type, Uint16Array.from(values), dims);
  if (!/^u?int64$/.test(type)) return new Tensor(type, values, dims);
  if (!values.every(Number.isSafeInteger)) throw new Error('an integer needs more than 53 bits');
  return new Tensor(type, values.map(BigInt), dims);
}
