"""The rows of the tables, in their order: a network's name and the module whose `prepare(name)` makes it and its data.

A module may also have `network(name)`, the network as PyTorch has it; the others are translated from ONNX. One whose
network is no classifier has `peers`, functions that add what ONNX Runtime and PyTorch make of it.
"""

import importlib

MODULES = {
    "efficientnet-lite0": "efficientnet_lite0",
    "mnist": "mnist",
    "fashion-resnet": "fashion_mnist",
    "fashion-mobilenet": "fashion_mnist",
    "tiny-image-classification": "mlperf_tiny",
    "tiny-visual-wake-words": "mlperf_tiny",
    "tiny-keyword-spotting": "mlperf_tiny",
    "tiny-anomaly-detection": "mlperf_tiny",
    "g2p": "g2p",
    "bert-mini": "bert_mini",
}
# No rows of the tables of peers: for npm run accuracy:training.
TRAINED = {"fashion-plain": "fashion_mnist"}


def module_of(name):
    return importlib.import_module((MODULES | TRAINED)[name])
