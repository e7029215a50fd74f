// NumPy's .npy files.
import { dump, parse, type NpyArray } from 'npyjs';
import { messageOf } from '../error.js';
import { Tensor, type TensorData, type TensorType } from '../tensor.js';
import { contentError, readBytes, writeBytes } from './files.js';

const tensorTypes: Readonly<Record<string, TensorType>> = {
  f4: 'float32',
  f8: 'float64',
  f2: 'float32',
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
  let array: NpyArray;
  try {
    array = parse(bytes.slice().buffer);
  } catch (error) {
    throw contentError(path, `is no .npy file of numbers: ${messageOf(error)}`, error);
  }
  const type = tensorTypes[array.dtype];
  if (!type) throw contentError(path, `has elements of type ${array.dtype}, which is no type of tensors`);
  if (array.fortranOrder && array.shape.length > 1)
    throw contentError(path, 'is in Fortran order; save it in C order');
  try {
    // npyjs gives booleans as a plain array.
    return new Tensor(type, array.data as unknown as TensorData, array.shape);
  } catch (error) {
    throw contentError(path, messageOf(error), error);
  }
}

/** @throws OctavoError `File` */
export async function writeNpy(path: string, { type, data, dims }: Tensor): Promise<void> {
  const bytes = dump(
    type === 'bool' ? Array.from(data as Uint8Array) : data,
    [...dims],
    type === 'bool' ? { dtype: 'b1' } : {},
  );
  await writeBytes(path, new Uint8Array(bytes));
}
