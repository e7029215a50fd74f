// Tensors: plain data with a type and a shape, as in onnxruntime-common.
import { OctavoError } from './error.js';
import type { NativeTensor, TypedData } from './native.js';

/** The class of each type's data. */
export const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const satisfies Record<keyof TensorDataTypes, unknown>;

/** The typed array that carries each element type; the types are spelt as in onnxruntime-common. */
export interface TensorDataTypes {
  float32: Float32Array;
  float64: Float64Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  /** 0 or 1. */
  bool: Uint8Array;
}

export type TensorType = keyof TensorDataTypes;
export type TensorData<T extends TensorType = TensorType> = TensorDataTypes[T];

/** What is accepted as a tensor: Octavo's, onnxruntime-common's, or an object literal. */
export interface TensorLike {
  /** By default the type that `data` is an array of; Uint8Array is `uint8`. */
  readonly type?: string;
  readonly data: ArrayLike<unknown> & object;
  readonly dims: readonly number[];
}

/** Tensors by the name of the input or output that they belong to. */
export type Feeds = Readonly<Record<string, TensorLike>>;

/** A dense tensor in row-major order. Plain data: it holds no memory of the engine and needs no disposal. */
export class Tensor<T extends TensorType = TensorType> implements TensorLike {
  readonly type: T;
  readonly data: TensorData<T>;
  readonly dims: readonly number[];

  /**
   * @param type element type
   * @param data typed array of that type (kept, not copied), or numbers (bigints for 64-bit integers)
   * @param dims shape; by default one dimension of all elements
   * @throws OctavoError `InvalidInput` when the three do not fit together
   */
  constructor(
    type: T,
    data: TensorData<T> | readonly (number | bigint | boolean)[],
    dims?: readonly number[],
  ) {
    const made = isList(data) ? typedArrayOf(type, data) : data;
    checkTensor('tensor', type, made, dims ?? [made.length]);
    this.type = type;
    this.data = made as TensorData<T>;
    this.dims = dims ?? [made.length];
  }
}

const isList = (data: TensorData | readonly unknown[]): data is readonly unknown[] => Array.isArray(data);

function typedArrayOf(type: TensorType, values: readonly unknown[]): TensorData {
  const arrayType = arrayTypes[type] as { from(values: Iterable<unknown>): TensorData } | undefined;
  try {
    if (arrayType) return arrayType.from(values);
  } catch (error) {
    throw new OctavoError(
      'InvalidInput',
      `these values do not make a tensor of type ${type}`,
      {},
      { cause: error },
    );
  }
  throw unknownType('tensor', type);
}

/** A tensor of little-endian bytes, which are copied. */
export function tensorOfBytes<T extends TensorType>(
  type: T,
  bytes: Uint8Array,
  dims: readonly number[],
): Tensor<T> {
  const arrayType = arrayTypes[type];
  if (bytes.byteLength % arrayType.BYTES_PER_ELEMENT !== 0) {
    throw new OctavoError(
      'InvalidInput',
      `${bytes.byteLength} bytes are no whole number of ${type} elements`,
    );
  }
  return new Tensor(type, new arrayType(bytes.slice().buffer) as TensorData<T>, dims);
}

function unknownType(what: string, type: unknown): OctavoError {
  const known = Object.keys(arrayTypes).join(', ');
  return new OctavoError('InvalidInput', `${what} has the unknown type ${String(type)}; known are ${known}`);
}

function typeOfData(what: string, data: unknown): TensorType {
  for (const type of Object.keys(arrayTypes) as TensorType[]) {
    if (data instanceof arrayTypes[type]) return type;
  }
  throw new OctavoError('InvalidInput', `${what} has data that is no typed array of numbers`);
}

function isShape(dims: readonly number[]): boolean {
  return Array.isArray(dims) && dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0);
}

function checkTensor(what: string, type: string, data: unknown, dims: readonly number[]): void {
  if (!Object.hasOwn(arrayTypes, type)) throw unknownType(what, type);
  const arrayType = arrayTypes[type as TensorType];
  if (!(data instanceof arrayType)) {
    throw new OctavoError('InvalidInput', `${what} of type ${type} needs its data in a ${arrayType.name}`);
  }
  if (!isShape(dims)) {
    throw new OctavoError('InvalidInput', `${what} has dims that are not whole numbers from 0 up`);
  }
  const elements = dims.reduce((product, dim) => product * dim, 1);
  if (data.length !== elements) {
    const shape = `[${dims.join(',')}]`;
    throw new OctavoError(
      'InvalidInput',
      `${what} has ${data.length} elements where shape ${shape} needs ${elements}`,
    );
  }
}

/** True for one tensor, false for a record of them. */
export function isTensorLike(value: TensorLike | Feeds): value is TensorLike {
  return ArrayBuffer.isView(value.data) && Array.isArray(value.dims);
}

/**
 * Feeds in the engine's form. One tensor alone feeds the only input.
 * @throws OctavoError `InvalidInput` for anything that is no tensor; names, types and shapes are for the engine to check
 */
export function toNativeTensors(
  sample: TensorLike | Feeds,
  inputs: readonly { name: string }[],
): NativeTensor[] {
  if (typeof sample !== 'object' || sample === null) {
    throw new OctavoError(
      'InvalidInput',
      `feeds must be an object of tensors by input name, not ${String(sample)}`,
    );
  }
  let feeds = sample as Feeds;
  if (isTensorLike(sample)) {
    const [only, ...others] = inputs;
    if (!only || others.length > 0) {
      const names = inputs.map(({ name }) => name).join(', ');
      throw new OctavoError('InvalidInput', `one tensor is not enough for a model with the inputs ${names}`);
    }
    feeds = { [only.name]: sample };
  }
  return Object.entries(feeds).map(([name, tensor]) => {
    const what = `input '${name}'`;
    if (typeof tensor !== 'object' || tensor === null)
      throw new OctavoError('InvalidInput', `${what} is no tensor`);
    const type = tensor.type ?? typeOfData(what, tensor.data);
    checkTensor(what, type, tensor.data, tensor.dims);
    return { name, type, dims: [...tensor.dims], data: tensor.data as unknown as NativeTensor['data'] };
  });
}

/**
 * The arrays of the tensors that outputs are to be written into.
 * @throws OctavoError `InvalidInput` for the name of no output; types and sizes are compared when outputs are there
 */
export function toOutputArrays(
  outputs: Feeds,
  known: readonly { name: string }[],
): Record<string, TypedData> {
  const tensors = Object.entries(outputs);
  for (const [name] of tensors) {
    if (known.some((output) => output.name === name)) continue;
    const names = known.map((output) => output.name).join(', ');
    throw new OctavoError('InvalidInput', `there is no output '${name}'; there are ${names}`);
  }
  return Object.fromEntries(tensors.map(([name, { data }]) => [name, data as unknown as TypedData]));
}

export function bytesOf({ buffer, byteOffset, byteLength }: TypedData): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * Copies the bytes of an output into `array`, or into a new one.
 * @throws OctavoError `InvalidInput` when the array is of another type or length
 */
export function intoArray(
  { name, type }: { name: string; type: string },
  source: TypedData,
  array: TypedData | undefined,
): TypedData {
  const arrayType = arrayTypes[type as TensorType];
  const bytes = bytesOf(source);
  if (array === undefined) return new arrayType(bytes.slice().buffer);
  const length = bytes.byteLength / arrayType.BYTES_PER_ELEMENT;
  if (!(array instanceof arrayType) || array.length !== length) {
    const wanted = `${arrayType.name} of ${length} elements`;
    throw new OctavoError(
      'InvalidInput',
      `output '${name}' does not fit the tensor for it: it is a ${wanted}`,
    );
  }
  bytesOf(array).set(bytes);
  return array;
}

/** Outputs of the engine, by name. */
export function fromNativeTensors(tensors: readonly NativeTensor[]): Record<string, Tensor> {
  return Object.fromEntries(
    tensors.map(({ name, type, dims, data }) => [name, new Tensor(type as TensorType, data, dims)]),
  );
}
