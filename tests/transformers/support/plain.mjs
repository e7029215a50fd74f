// Results of pipelines as JSON.

/** Tensors and pictures as their shapes and numbers. */
export function plain(value, { Tensor, RawImage }) {
  if (value instanceof Tensor) return { dims: value.dims, data: Array.from(value.data, Number) };
  if (value instanceof RawImage)
    return { dims: [value.height, value.width, value.channels], data: [...value.data] };
  if (Array.isArray(value)) return value.map((each) => plain(each, { Tensor, RawImage }));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, plain(each, { Tensor, RawImage })]),
  );
}
