"""A Keras network of a few kinds of layers as ONNX, channels first; BatchNormalization is folded, as by tf2onnx.

What flattens sees pictures of one pixel or one channel only, whose order is the same channels first and channels last.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def keras_to_onnx(config, arrays):
    """From the `config` of a functional model of one input and its arrays by name; input `x`, batch `N`."""
    return _Translator(arrays).translate(config)


class _Translator:
    def __init__(self, arrays):
        self.arrays, self.nodes, self.initializers = arrays, [], []
        # Of each layer the name of its tensor, and that tensor's height and width where it has them.
        self.values, self.sizes = {}, {}

    def translate(self, config):
        for layer in config["layers"]:
            name, settings = layer["name"], layer["config"]
            sources = [entry[0] for entry in layer["inbound_nodes"][0]] if layer["inbound_nodes"] else []
            self.sizes[name] = self.sizes[sources[0]] if sources else None
            getattr(self, layer["class_name"].lower())(
                name, settings, [self.values[source] for source in sources], sources
            )
        height, width, channels = config["layers"][0]["config"]["batch_input_shape"][1:]
        dims = ["N", channels, height, width] if channels > 1 or height > 5 else ["N", 1, height, width]
        result = self.values[config["output_layers"][0][0]]
        graph = helper.make_graph(
            self.nodes,
            config["name"],
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, dims)],
            [helper.make_tensor_value_info(result, TensorProto.FLOAT, ["N", None])],
            self.initializers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        model = onnx.shape_inference.infer_shapes(model)
        onnx.checker.check_model(model, full_check=True)
        return model

    def _node(self, op, name, inputs, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [name], name, **attributes))
        self.values[name] = name

    def _constant(self, name, values):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name

    def _array(self, layer, kind):
        """An array of a layer; Keras gives it the name layer/kind:0 below the layer's, float64 here."""
        return self.arrays[f"{layer}/{kind}:0"].astype(np.float64)

    def inputlayer(self, name, settings, inputs, sources):
        self.values[name], self.sizes[name] = "x", settings["batch_input_shape"][1:3]

    def dropout(self, name, settings, inputs, sources):
        self.values[name] = inputs[0]

    def reshape(self, name, settings, inputs, sources):
        """The last layer of the autoencoder gives the spectra's shape; they stay flat here."""
        self.values[name] = inputs[0]

    def flatten(self, name, settings, inputs, sources):
        self._node("Flatten", name, inputs)

    def add(self, name, settings, inputs, sources):
        self._node("Add", name, inputs)

    def activation(self, name, settings, inputs, sources):
        self._node({"relu": "Relu", "softmax": "Softmax"}[settings["activation"]], name, inputs)

    def averagepooling2d(self, name, settings, inputs, sources):
        self._node("AveragePool", name, inputs, kernel_shape=settings["pool_size"], strides=settings["strides"])

    def dense(self, name, settings, inputs, sources):
        weight, bias = self._array(name, "kernel").T, self._array(name, "bias")
        target = name if settings["activation"] == "linear" else f"{name}_linear"
        self._node(
            "Gemm",
            target,
            [inputs[0], self._constant(f"{name}_w", weight), self._constant(f"{name}_b", bias)],
            transB=1,
        )
        if target != name:
            self.activation(name, settings, [target], sources)

    def conv2d(self, name, settings, inputs, sources):
        self._conv(name, settings, inputs, sources, self._array(name, "kernel").transpose(3, 2, 0, 1), 1)

    def depthwiseconv2d(self, name, settings, inputs, sources):
        weight = self._array(name, "depthwise_kernel").transpose(2, 3, 0, 1)
        self._conv(name, settings, inputs, sources, weight, weight.shape[0])

    def _conv(self, name, settings, inputs, sources, weight, groups):
        pads, size = [0, 0], []
        for axis, (length, kernel, stride) in enumerate(
            zip(self.sizes[sources[0]], settings["kernel_size"], settings["strides"], strict=True)
        ):
            if settings["padding"] == "same":
                size.append(-(-length // stride))
                pads[axis] = max(0, (size[-1] - 1) * stride + kernel - length)
            else:
                size.append((length - kernel) // stride + 1)
        self.sizes[name] = size
        operands = [
            inputs[0],
            self._constant(f"{name}_w", weight),
            self._constant(f"{name}_b", self._array(name, "bias")),
        ]
        self._node(
            "Conv",
            name,
            operands,
            group=groups,
            kernel_shape=settings["kernel_size"],
            strides=settings["strides"],
            pads=[pad // 2 for pad in pads] + [pad - pad // 2 for pad in pads],
        )

    def batchnormalization(self, name, settings, inputs, sources):
        """Goes into the weights and the bias of the layer before, whose output nothing else reads."""
        scale = self._array(name, "gamma") / np.sqrt(self._array(name, "moving_variance") + settings["epsilon"])
        shift = self._array(name, "beta") - self._array(name, "moving_mean") * scale
        by_name = {tensor.name: tensor for tensor in self.initializers}
        weight, bias = (by_name[f"{sources[0]}_{kind}"] for kind in "wb")
        values = numpy_helper.to_array(weight).astype(np.float64)
        values = values * scale.reshape(-1, *[1] * (values.ndim - 1))
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float32), weight.name))
        values = numpy_helper.to_array(bias).astype(np.float64) * scale + shift
        bias.CopyFrom(numpy_helper.from_array(values.astype(np.float32), bias.name))
        self.values[name] = inputs[0]
