"""PyTorch as a contestant of training, native, on one thread; see pytorch.mjs.

`PYTHON pytorch_steps.py FOLDER` answers requests, one line of JSON each. `make` builds a network of FOLDER's material,
in float or prepared for quantization-aware training; `step` takes steps with it and says how long they took; `weights`
gives what it has learnt.
"""

import base64
import json
import sys
import time
import warnings
from array import array
from pathlib import Path

import torch
from torch import nn

warnings.filterwarnings("ignore")

from torch.ao import quantization  # noqa: E402  It warns.


def module_of(layer):
    """One layer; see support/training.mjs."""
    op = layer["op"]
    if op == "conv":
        return nn.Conv2d(
            layer["inputs"], layer["outputs"], layer["kernel"], layer["stride"], layer["pad"], groups=layer["group"]
        )
    if op == "dense":
        return nn.Sequential(nn.Flatten(), nn.Linear(layer["inputs"], layer["outputs"]))
    if op == "maxPool":
        return nn.MaxPool2d(2)
    if op == "globalAveragePool":
        return nn.AdaptiveAvgPool2d(1)
    if op == "relu":
        return nn.ReLU()
    raise ValueError(op)


def read(file):
    return torch.frombuffer(bytearray(file.read_bytes()), dtype=torch.float32)


class Network:
    """A network with its batch."""

    def __init__(self, folder, rounded):
        described = json.loads((folder / "network.json").read_text())
        self.layers = described["layers"]
        self.images = read(folder / "images.f32").reshape(described["dims"])
        self.labels = torch.tensor(described["labels"])
        network = nn.Sequential(*map(module_of, self.layers)).train()
        with torch.no_grad():
            nn.utils.vector_to_parameters(read(folder / "before.f32"), network.parameters())
        self.network = self.prepared(network) if rounded else network
        self.loss = nn.CrossEntropyLoss()

    def prepared(self, network):
        """As its documentation has it: convolutions fused with what clamps them, fbgemm's fake quantizers."""
        pairs = [
            [f"{i}", f"{i + 1}"]
            for i, (layer, after) in enumerate(zip(self.layers, self.layers[1:]))
            if layer["op"] == "conv" and after["op"] == "relu"
        ]
        fused = quantization.fuse_modules_qat(network, pairs)
        whole = nn.Sequential(quantization.QuantStub(), fused, quantization.DeQuantStub())
        whole.qconfig = quantization.get_default_qat_qconfig("fbgemm")
        return quantization.prepare_qat(whole.train())

    def step(self, learning_rate, repetitions):
        parameters = list(self.network.parameters())
        optimizer = torch.optim.SGD(parameters, learning_rate)
        begin = time.perf_counter()
        for _ in range(repetitions):
            optimizer.zero_grad()
            loss = self.loss(self.network(self.images), self.labels)
            loss.backward()
            optimizer.step()
        return {"ms": 1e3 * (time.perf_counter() - begin), "loss": loss.item()}

    def weights(self):
        vector = nn.utils.parameters_to_vector(self.network.parameters())
        return {"float32": base64.b64encode(array("f", vector.tolist()).tobytes()).decode()}


def main():
    torch.set_num_threads(1)
    networks = []
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["what"] == "make":
                torch.manual_seed(0)
                networks.append(Network(Path(sys.argv[1]) / request["network"], request["rounded"]))
                answer = {"index": len(networks) - 1, "version": torch.__version__}
            elif request["what"] == "step":
                answer = networks[request["index"]].step(request["learningRate"], request["repetitions"])
            else:
                answer = networks[request["index"]].weights()
        except Exception as error:  # Whatever it is, it is for who asked.
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
