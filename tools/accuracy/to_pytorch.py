"""An ONNX network as a torch.fx.GraphModule of PyTorch's own modules, which its quantizers know."""

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn


def to_pytorch(path):
    """Translates a network of one output and the operators below; its inputs are arguments of their names."""
    return _Translator(onnx.load(path)).module


class _Translator:
    def __init__(self, model):
        self.constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        self.root, self.graph, self.values = nn.Module(), torch.fx.Graph(), {}
        for value in model.graph.input:
            if value.name not in self.constants:
                self.values[value.name] = self.graph.placeholder(value.name)
        for index, node in enumerate(model.graph.node):
            attributes = {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
            translate = getattr(self, node.op_type.lower(), None)
            if translate is None:
                raise NotImplementedError(f"{node.op_type} has no translation to PyTorch")
            result = translate(f"{node.op_type.lower()}_{index}", node.input, attributes)
            if result is not None:
                self.values[node.output[0]] = result
            elif node.op_type != "Constant":
                raise NotImplementedError(f"{node.op_type} of these operands has no translation to PyTorch")
            else:
                self.constants[node.output[0]] = numpy_helper.to_array(attributes["value"])
        self.graph.output(self.values[model.graph.output[0].name])
        self.module = torch.fx.GraphModule(self.root, self.graph).eval()

    def _call(self, name, module, *inputs):
        self.root.add_module(name, module)
        return self.graph.call_module(name, tuple(self.values[key] for key in inputs))

    def _tensor(self, name):
        return torch.from_numpy(np.array(self.constants[name]))

    def constant(self, name, inputs, attributes):
        return None

    def identity(self, name, inputs, attributes):
        return self.values[inputs[0]]

    def conv(self, name, inputs, attributes):
        weight = self._tensor(inputs[1])
        groups, kernel = attributes.get("group", 1), tuple(weight.shape[2:])
        pads = attributes.get("pads", [0, 0, 0, 0])
        even = pads[:2] == pads[2:]
        module = nn.Conv2d(
            weight.shape[1] * groups,
            weight.shape[0],
            kernel,
            tuple(attributes.get("strides", [1, 1])),
            tuple(pads[:2]) if even else 0,
            groups=groups,
            bias=len(inputs) > 2,
        )
        module.weight.data = weight
        if len(inputs) > 2:
            module.bias.data = self._tensor(inputs[2])
        if even:
            return self._call(name, module, inputs[0])
        top, left, bottom, right = pads
        self.values[f"{name}_padded"] = self._call(f"{name}_pad", nn.ZeroPad2d((left, right, top, bottom)), inputs[0])
        return self._call(name, module, f"{name}_padded")

    def batchnormalization(self, name, inputs, attributes):
        scale, shift, mean, variance = (self._tensor(key) for key in inputs[1:])
        module = nn.BatchNorm2d(len(scale), eps=attributes.get("epsilon", 1e-5))
        module.weight.data, module.bias.data = scale, shift
        module.running_mean, module.running_var = mean, variance
        return self._call(name, module, inputs[0])

    def relu(self, name, inputs, attributes):
        return self._call(name, nn.ReLU(), inputs[0])

    def clip(self, name, inputs, attributes):
        low, high = (float(self.constants[key]) for key in inputs[1:])
        module = nn.ReLU6() if (low, high) == (0, 6) else nn.Hardtanh(low, high)
        return self._call(name, module, inputs[0])

    def softmax(self, name, inputs, attributes):
        return self._call(name, nn.Softmax(attributes.get("axis", -1)), inputs[0])

    def maxpool(self, name, inputs, attributes):
        module = nn.MaxPool2d(tuple(attributes["kernel_shape"]), tuple(attributes.get("strides", [1, 1])))
        return self._call(name, module, inputs[0])

    def averagepool(self, name, inputs, attributes):
        module = nn.AvgPool2d(tuple(attributes["kernel_shape"]), tuple(attributes.get("strides", [1, 1])))
        return self._call(name, module, inputs[0])

    def globalaveragepool(self, name, inputs, attributes):
        return self._call(name, nn.AdaptiveAvgPool2d(1), inputs[0])

    def reducemean(self, name, inputs, attributes):
        axes = list(attributes["axes"] if "axes" in attributes else self.constants[inputs[1]])
        if sorted(int(axis) % 4 for axis in axes) != [2, 3] or not attributes.get("keepdims", 1):
            return None
        return self._call(name, nn.AdaptiveAvgPool2d(1), inputs[0])

    def flatten(self, name, inputs, attributes):
        return self._call(name, nn.Flatten(), inputs[0])

    def squeeze(self, name, inputs, attributes):
        return self._call(name, nn.Flatten(), inputs[0])

    def reshape(self, name, inputs, attributes):
        return self._call(name, nn.Flatten(), inputs[0]) if len(self.constants[inputs[1]]) == 2 else None

    def add(self, name, inputs, attributes):
        return self.graph.call_function(torch.add, tuple(self.values[key] for key in inputs))

    def gemm(self, name, inputs, attributes):
        weight = self._tensor(inputs[1])
        weight = weight if attributes.get("transB", 0) else weight.t().contiguous()
        module = nn.Linear(weight.shape[1], weight.shape[0], bias=len(inputs) > 2)
        module.weight.data = weight
        if len(inputs) > 2:
            module.bias.data = self._tensor(inputs[2])
        return self._call(name, module, inputs[0])
