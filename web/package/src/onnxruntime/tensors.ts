// Tensors of onnxruntime-common, of whatever copy of it, and Octavo's.
import { Tensor as OrtTensor, type OnnxValue } from 'onnxruntime-common';
import { OctavoError, type Tensor, type Engine, type TensorData, type TensorLike } from '../api.js';
import { KeptTensor } from './kept_tensor.js';

/** Whether a tensor's data have to be fetched from where they are. */
export const isElsewhere = ({ location }: OnnxValue): boolean =>
  location !== undefined && !location.startsWith('cpu');

/** What onnxruntime-common lets lie elsewhere (`Tensor.GpuBufferDataTypes`). */
const keepable = ['float32', 'float16', 'int32', 'int64', 'uint32', 'uint8', 'bool'];

export const canStay = (type: string): boolean => keepable.includes(type);

/** A tensor whose data stay in the engine: onnxruntime-common's for what lies on a GPU. */
export function fromKept(kept: KeptTensor): OrtTensor {
  const options = {
    dataType: kept.type as OrtTensor.GpuBufferDataTypes,
    dims: [...kept.dims],
    // Once its data are in the page, that is where the tensor is.
    download: async () => {
      const data = await kept.data();
      kept.dispose();
      return fromOctavo('', { type: kept.type, data, dims: kept.dims }).data;
    },
    dispose: () => kept.dispose(),
  };
  return OrtTensor.fromGpuBuffer(kept as never, options as never);
}

/** What a tensor has kept in that engine; undefined for any other tensor. */
export function keptOf(value: OnnxValue, engine: Engine): KeptTensor | undefined {
  if (value.location !== 'gpu-buffer') return undefined;
  const { gpuBuffer } = value as { gpuBuffer: unknown };
  return gpuBuffer instanceof KeptTensor && gpuBuffer.engine === engine ? gpuBuffer : undefined;
}

/**
 * A tensor as Octavo takes it: of the same memory, with 16-bit floats as their bits.
 * @throws OctavoError `InvalidInput` for strings
 */
export function toOctavo(name: string, value: OnnxValue, data: unknown = value.data): TensorLike {
  const { type, dims } = value;
  if (type === 'string')
    throw new OctavoError('InvalidInput', `'${name}' is a tensor of strings, which Octavo does not have`);
  return { type, dims, data: bitsOf(data as TensorData) };
}

/** Of a Float16Array, which the engine does not know, the bits of its elements. */
function bitsOf(data: TensorData): TensorData {
  if ((data as object | undefined)?.constructor.name !== 'Float16Array') return data;
  return new Uint16Array(data.buffer as ArrayBuffer, data.byteOffset, data.length);
}

/** @throws OctavoError `Unsupported` for a type that onnxruntime-common has no tensor of: bfloat16 */
export function fromOctavo(name: string, { type, data, dims }: Tensor): OrtTensor {
  if (type === 'bfloat16')
    throw new OctavoError(
      'Unsupported',
      `output '${name}' is of ${type}, which onnxruntime-common does not have`,
    );
  return new OrtTensor(type, data as never, [...dims]);
}
