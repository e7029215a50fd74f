// Tensors: plain data with a type and a shape, as in onnxruntime-common.
import { OctavoError, messageOf } from './error.js';
import { isHalfType, toHalf } from './half.js';
import type { NativeTensor, TypedData } from './native.js';

/** Each element type: the class of its data, and its TensorProto.DataType. The engine's own table is src/tensor/dtypes.inc. */
export const elementTypes = {
  float32: { array: Float32Array, onnx: 1 },
  float64: { array: Float64Array, onnx: 11 },
  int8: { array: Int8Array, onnx: 3 },
  uint8: { array: Uint8Array, onnx: 2 },
  int16: { array: Int16Array, onnx: 5 },
  uint16: { array: Uint16Array, onnx: 4 },
  int32: { array: Int32Array, onnx: 6 },
  uint32: { array: Uint32Array, onnx: 12 },
  int64: { array: BigInt64Array, onnx: 7 },
  uint64: { array: BigUint64Array, onnx: 13 },
  bool: { array: Uint8Array, onnx: 9 },
  float16: { array: Uint16Array, onnx: 10 },
  bfloat16: { array: Uint16Array, onnx: 16 },
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
  /** The bits of each. An input of 16-bit floats takes a `float32` tensor, too. */
  float16: Uint16Array;
  bfloat16: Uint16Array;
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
  const arrayType = (elementTypes[type] as { array: unknown } | undefined)?.array as
    { from(values: Iterable<unknown>): TensorData } | undefined;
  try {
    if (isHalfType(type)) return Uint16Array.from(values, (value) => toHalf(type, Number(value)));
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
  const arrayType = elementTypes[type].array;
  if (bytes.byteLength % arrayType.BYTES_PER_ELEMENT !== 0) {
    throw new OctavoError(
      'InvalidInput',
      `${bytes.byteLength} bytes are no whole number of ${type} elements`,
    );
  }
  return new Tensor(type, new arrayType(bytes.slice().buffer) as TensorData<T>, dims);
}

function unknownType(what: string, type: unknown): OctavoError {
  const known = Object.keys(elementTypes).join(', ');
  return new OctavoError('InvalidInput', `${what} has the unknown type ${String(type)}; known are ${known}`);
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** What a typed array really is, in whatever realm: what an object says of itself may be untrue. */
function memberOf(
  data: unknown,
  name: 'buffer' | 'byteOffset' | 'length' | typeof Symbol.toStringTag,
): unknown {
  return Object.getOwnPropertyDescriptor(typedArray, name)?.get?.call(data);
}

/** The name of an array's class; undefined for what is no typed array. */
function arrayNameOf(data: unknown): string | undefined {
  return memberOf(data, Symbol.toStringTag) as string | undefined;
}

export function isTypedArray(data: unknown): data is TypedData {
  return arrayNameOf(data) !== undefined;
}

export function isBytes(data: unknown): data is Uint8Array {
  return arrayNameOf(data) === 'Uint8Array';
}

function typeOfData(what: string, data: unknown): TensorType {
  const array = arrayNameOf(data);
  for (const type of Object.keys(elementTypes) as TensorType[]) {
    if (elementTypes[type].array.name === array) return type;
  }
  throw new OctavoError('InvalidInput', `${what} has data that is no typed array of numbers`);
}

function isShape(dims: readonly number[]): boolean {
  return Array.isArray(dims) && dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0);
}

function checkTensor(what: string, type: string, data: unknown, dims: readonly number[]): void {
  checkData(what, type, data);
  checkShape(what, (data as TypedData).length, dims);
}

function checkData(what: string, type: unknown, data: unknown): asserts type is TensorType {
  if (typeof type !== 'string' || !Object.hasOwn(elementTypes, type)) throw unknownType(what, type);
  const { name } = elementTypes[type as TensorType].array;
  if (arrayNameOf(data) !== name)
    throw new OctavoError('InvalidInput', `${what} of type ${type} needs its data in a ${name}`);
}

function checkShape(what: string, length: number, dims: readonly number[]): void {
  if (!isShape(dims)) {
    throw new OctavoError('InvalidInput', `${what} has dims that are not whole numbers from 0 up`);
  }
  const elements = dims.reduce((product, dim) => product * dim, 1);
  if (length !== elements) {
    const shape = `[${dims.join(',')}]`;
    throw new OctavoError(
      'InvalidInput',
      `${what} has ${length} elements where shape ${shape} needs ${elements}`,
    );
  }
}

/**
 * Feeds in the engine's form: copies, which what becomes of the originals does not change, or views of the same memory.
 * One tensor alone feeds the only input.
 * @throws OctavoError `InvalidInput` for anything that is no tensor; names, types and shapes are for the engine to check
 */
export function toNativeTensors(
  sample: TensorLike | Feeds,
  inputs: readonly { name: string }[],
  made: 'copies' | 'views',
): NativeTensor[] {
  if (typeof sample !== 'object' || sample === null) {
    throw new OctavoError(
      'InvalidInput',
      `feeds must be an object of tensors by input name, not ${String(sample)}`,
    );
  }
  const array = arrayNameOf(sample);
  if (array)
    throw new OctavoError(
      'InvalidInput',
      `a ${array} alone is no tensor: that is { type, data, dims }, or new Tensor(type, data, dims)`,
    );
  // Each member is looked at once, as any may be a getter; a tensor's may be its class's.
  const own = new Map<string, unknown>(Object.entries(sample));
  const member = (name: keyof TensorLike) => (own.has(name) ? own.get(name) : (sample as TensorLike)[name]);
  const [data, dims] = [member('data'), member('dims')];
  if (Array.isArray(data) && Array.isArray(dims))
    throw new OctavoError(
      'InvalidInput',
      'the tensor has its data in an array, not a typed array: new Tensor(type, data, dims) makes one',
    );
  if (!isTypedArray(data) || !Array.isArray(dims))
    return [...own].map(([name, tensor]) => toNativeTensor(name, tensor, made));
  const [only, ...others] = inputs;
  if (!only || others.length > 0) {
    const names = inputs.map(({ name }) => name).join(', ');
    throw new OctavoError('InvalidInput', `one tensor is not enough for a model with the inputs ${names}`);
  }
  return [toNativeTensor(only.name, { type: member('type'), data, dims }, made)];
}

function toNativeTensor(name: string, tensor: unknown, made: 'copies' | 'views'): NativeTensor {
  const what = `input '${name}'`;
  if (typeof tensor !== 'object' || tensor === null)
    throw new OctavoError('InvalidInput', `${what} is no tensor`);
  if ('kept' in tensor)
    return { name, type: '', dims: [], data: new Uint8Array(0), kept: Number(tensor.kept) };
  const { type, data, dims } = tensor as { type?: unknown; data: unknown; dims: unknown };
  const known: unknown = type === undefined ? typeOfData(what, data) : type;
  checkData(what, known, data);
  const shape = Array.isArray(dims) ? Array.from(dims as number[]) : [NaN];
  const plain = plainArray(what, known, data as TypedData, made);
  checkShape(what, plain.length, shape);
  return { name, type: known, dims: shape, data: plain };
}

/** An array of the very class, whatever the original's says of itself, and of fixed length. */
function plainArray(what: string, type: TensorType, data: TypedData, made: 'copies' | 'views'): TypedData {
  const arrayType = elementTypes[type].array;
  try {
    if (made === 'copies') return new arrayType(data as never);
    const buffer = memberOf(data, 'buffer') as ArrayBuffer;
    return new arrayType(buffer, memberOf(data, 'byteOffset') as number, memberOf(data, 'length') as number);
  } catch (error) {
    if (error instanceof RangeError) throw OctavoError.from(error);
    throw new OctavoError('InvalidInput', `${what} has data that cannot be read: ${messageOf(error)}`);
  }
}

/** The array of a tensor that an output is to be written into. */
export interface OutputArray {
  name: string;
  data: TypedData;
}

/**
 * The arrays of the tensors that outputs are to be written into.
 * @throws OctavoError `InvalidInput` for the name of no output; types and sizes are compared when outputs are there
 */
export function toOutputArrays(outputs: Feeds, known: readonly { name: string }[]): OutputArray[] {
  if (typeof outputs !== 'object' || outputs === null)
    throw new OctavoError('InvalidInput', `option 'outputs' must be an object of tensors by output name`);
  return Object.entries(outputs).map(([name, tensor]) => {
    if (!known.some((output) => output.name === name)) {
      const names = known.map((output) => output.name).join(', ');
      throw new OctavoError('InvalidInput', `there is no output '${name}'; there are ${names}`);
    }
    const data: unknown = (tensor as TensorLike | null)?.data;
    if (!isTypedArray(data)) throw new OctavoError('InvalidInput', `the tensor for output '${name}' is none`);
    return { name, data };
  });
}

export function bytesOf({ buffer, byteOffset, byteLength }: TypedData): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * Copies outputs into the arrays that are given for them, and into new ones. Looks at all before it writes any.
 * @throws OctavoError `InvalidInput` when an array is of another type or length
 */
export function copyOutputs(
  outputs: readonly { name: string; type: string; bytes: Uint8Array }[],
  given: readonly OutputArray[] = [],
): TypedData[] {
  const targets = outputs.map(({ name, type, bytes }) => {
    const arrayType = elementTypes[type as TensorType].array;
    const length = bytes.byteLength / arrayType.BYTES_PER_ELEMENT;
    const array = given.find((each) => each.name === name)?.data;
    if (array === undefined) return new arrayType(length);
    if (arrayNameOf(array) === arrayType.name && array.length === length) return array;
    const wanted = `${arrayType.name} of ${length} elements`;
    throw new OctavoError(
      'InvalidInput',
      `output '${name}' does not fit the tensor for it: it is a ${wanted}`,
    );
  });
  outputs.forEach(({ bytes }, i) => bytesOf(targets[i]).set(bytes));
  return targets;
}

/** An object of these members alone: their names come from files and may be those of what every object inherits. */
export function recordOf<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, Object.fromEntries(entries));
}

/** @internal An output that has stayed in the engine, and what it is called there. */
export interface KeptOutput {
  readonly type: string;
  readonly dims: readonly number[];
  readonly kept: number;
}

/** Outputs of the engine, by name. In the place of what has stayed there is a `KeptOutput`, for whoever asked for it. */
export function fromNativeTensors(tensors: readonly NativeTensor[]): Record<string, Tensor> {
  return recordOf(
    tensors.map((tensor) => [
      tensor.name,
      tensor.kept === undefined
        ? new Tensor(tensor.type as TensorType, tensor.data, tensor.dims)
        : (tensor as KeptOutput as never),
    ]),
  );
}
