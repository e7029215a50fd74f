// Small ONNX models, put together for tests. Field numbers are those of onnx.proto.
import { PbfWriter } from 'pbf';

const float = 1;

function valueInfo({ name, dims }, writer) {
  writer.writeStringField(1, name);
  writer.writeMessage(2, (_, type) => {
    type.writeMessage(1, (__, tensorType) => {
      tensorType.writeVarintField(1, float);
      tensorType.writeMessage(2, (___, shape) => {
        for (const dim of dims)
          shape.writeMessage(1, (____, dimension) => dimension.writeVarintField(1, dim));
      });
    });
  });
}

/** A model of one node y = op(x) on float32 [1,4]. */
export function onnxModel({ op, node = 'node', opset = 17 }) {
  const dims = [1, 4];
  const writer = new PbfWriter();
  writer.writeVarintField(1, 8);
  writer.writeMessage(7, (_, graph) => {
    graph.writeMessage(1, (__, nodeWriter) => {
      nodeWriter.writeStringField(1, 'x');
      nodeWriter.writeStringField(2, 'y');
      nodeWriter.writeStringField(3, node);
      nodeWriter.writeStringField(4, op);
    });
    graph.writeStringField(2, 'graph');
    graph.writeMessage(11, (__, input) => valueInfo({ name: 'x', dims }, input));
    graph.writeMessage(12, (__, output) => valueInfo({ name: 'y', dims }, output));
  });
  writer.writeMessage(8, (_, opsetId) => {
    opsetId.writeStringField(1, '');
    opsetId.writeVarintField(2, opset);
  });
  return writer.finish();
}
