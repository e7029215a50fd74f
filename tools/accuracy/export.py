"""One way to export a PyTorch network to ONNX, as torch.onnx.export does it by itself: BatchNormalization is folded."""

import logging

import onnx
import torch

# Speaks of operators of torchvision.
logging.getLogger("torch.onnx._internal.exporter").setLevel(logging.ERROR)


def export_onnx(network, example, path, output="logits"):
    """Writes `network` in evaluation mode; `example` has its inputs by name, whose first axis may have any size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    batch = torch.export.Dim("N")
    exported = torch.onnx.export(
        network.eval(),
        tuple(example.values()),
        input_names=list(example),
        output_names=[output],
        dynamic_shapes=tuple({0: batch} for _ in example),
        dynamo=True,
        verbose=False,
    )
    exported.save(path)
    model = onnx.load(path)
    # Which line of Python made each node and value, half of the file of a small network.
    for part in (model.graph, *model.graph.node, *model.graph.input, *model.graph.output, *model.graph.value_info):
        del part.metadata_props[:]
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
