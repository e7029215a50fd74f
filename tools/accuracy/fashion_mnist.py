"""Trains small networks on Fashion-MNIST (Xiao, Rasul, Vollgraf 2017; MIT), which Debian has as a package.

`resnet` has residual blocks of two 3x3 convolutions, `mobilenet` MobileNetV2's inverted residuals with depthwise
convolutions and ReLU6, `plain` two 3x3 convolutions and a linear layer. Exported as torch.onnx.export does it by
itself.
"""

import gzip

import numpy as np
import torch
from torch import nn

from export import export_onnx
from network import Network, save
from packages import debian
from paths import WORK

EPOCHS, BATCH, CALIBRATION = 3, 128, 256
MEAN, STD = 0.2860, 0.3530


def read_split(prefix):
    """Images as float32 [N,1,28,28], normalised, and their labels."""
    folder = debian("dataset-fashion-mnist") / "usr/share/datasets/fashion-mnist"

    def read(kind, header):
        return np.frombuffer(
            gzip.decompress((folder / f"{prefix}-{kind}-ubyte.gz").read_bytes()), np.uint8, offset=header
        )

    pixels = read("images-idx3", 16).reshape(-1, 1, 28, 28)
    images = (pixels.astype(np.float32) / np.float32(255) - np.float32(MEAN)) / np.float32(STD)
    return images, read("labels-idx1", 8).astype(np.int64)


def conv_bn(inputs, outputs, kernel, stride=1, groups=1, activation=None):
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, *([activation()] if activation else []))


class Residual(nn.Module):
    """Two 3x3 convolutions and a way around them."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.body = nn.Sequential(conv_bn(inputs, outputs, 3, stride, activation=nn.ReLU), conv_bn(outputs, outputs, 3))
        self.shortcut = nn.Identity() if stride == 1 and inputs == outputs else conv_bn(inputs, outputs, 1, stride)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.body(x) + self.shortcut(x))


class InvertedResidual(nn.Module):
    """Widens `expansion` times, filters each channel alone, narrows; with a way around where the shape stays."""

    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        wide = expansion * inputs
        self.body = nn.Sequential(
            nn.Identity() if expansion == 1 else conv_bn(inputs, wide, 1, activation=nn.ReLU6),
            conv_bn(wide, wide, 3, stride, groups=wide, activation=nn.ReLU6),
            conv_bn(wide, outputs, 1),
        )
        self.around = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.body(x) if self.around else self.body(x)


def head(channels):
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]


def resnet():
    blocks = [Residual(*stage) for stage in [(16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2)]]
    return nn.Sequential(conv_bn(1, 16, 3, 2, activation=nn.ReLU), *blocks, *head(64))


def mobilenet():
    stages = [(16, 16, 1, 1), (16, 24, 2, 4), (24, 24, 1, 4), (24, 24, 1, 4), (24, 40, 1, 4), (40, 40, 1, 4)]
    blocks = [InvertedResidual(*stage) for stage in stages]
    stem, last = conv_bn(1, 16, 3, 2, activation=nn.ReLU6), conv_bn(40, 128, 1, activation=nn.ReLU6)
    return nn.Sequential(stem, *blocks, last, *head(128))


def plain():
    layers = [conv_bn(1, 8, 3, activation=nn.ReLU6), conv_bn(8, 16, 3, activation=nn.ReLU6)]
    pooled = [part for layer in layers for part in (layer, nn.MaxPool2d(2))]
    return nn.Sequential(*pooled, nn.Flatten(), nn.Linear(16 * 7 * 7, 10))


def augment(images, generator):
    """Half of the batch mirrored, and all of it moved by up to two pixels."""
    if torch.rand((), generator=generator) < 0.5:
        images = images.flip(3)
    moved = nn.functional.pad(images, (2, 2, 2, 2), value=-MEAN / STD)
    top, left = torch.randint(0, 5, (2,), generator=generator).tolist()
    return moved[:, :, top : top + 28, left : left + 28]


def train(network, images, labels, seed):
    """One-cycle SGD with Nesterov's momentum; the same weights on the same machine."""
    generator = torch.Generator().manual_seed(seed)
    inputs, targets = torch.from_numpy(images), torch.from_numpy(labels)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    steps = EPOCHS * -(-len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.2, total_steps=steps, pct_start=0.25)
    network.train().to(memory_format=torch.channels_last)
    for epoch in range(EPOCHS):
        for picked in torch.randperm(len(inputs), generator=generator).split(BATCH):
            batch = augment(inputs[picked], generator).to(memory_format=torch.channels_last)
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(network(batch), targets[picked], label_smoothing=0.05)
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"  epoch {epoch + 1} of {EPOCHS}: loss {loss.item():.3f}", flush=True)


def train_briefly(network, images, labels, seed):
    """600 steps of one-cycle Adam, without augmentation."""
    generator = torch.Generator().manual_seed(seed)
    inputs, targets = torch.from_numpy(images), torch.from_numpy(labels)
    optimizer = torch.optim.Adam(network.parameters())
    steps = 600
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.005, total_steps=steps)
    network.train()
    for picked in torch.randperm(len(inputs), generator=generator).repeat(2).split(BATCH)[:steps]:
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(inputs[picked]), targets[picked]).backward()
        optimizer.step()
        schedule.step()


def trained(build, images, labels, path, train):
    """The network, from the file `path` where that is there."""
    torch.set_num_threads(1)
    torch.manual_seed(20260101)
    network = build()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        train(network, images, labels, seed=1)
        torch.save(network.to(memory_format=torch.contiguous_format).state_dict(), path)
    network.load_state_dict(torch.load(path))
    return network


def prepare(name):
    build, title, how = {
        "fashion-resnet": (resnet, "ResNet on Fashion-MNIST", train),
        "fashion-mobilenet": (mobilenet, "MobileNet on Fashion-MNIST", train),
        "fashion-plain": (plain, "Two convolutions on Fashion-MNIST", train_briefly),
    }[name]
    images, labels = read_split("train")
    path = WORK / name / "float.onnx"
    if not path.exists():
        export_onnx(
            trained(build, images, labels, path.with_name("trained.pt"), how),
            {"images": torch.zeros(2, 1, 28, 28)},
            path,
        )
    # For npm run accuracy:training.
    save(WORK / name / "training.images.npy", images)
    save(WORK / name / "training.labels.npy", labels.astype(np.int32))
    picked = np.random.default_rng(2).choice(len(images), CALIBRATION, replace=False)
    test, test_labels = read_split("t10k")
    Network(
        name=name,
        title=title,
        source=(
            "trained here on the 60,000 of Debian's `dataset-fashion-mnist`, "
            f"{CALIBRATION} of them to calibrate, tested on its 10,000"
        ),
        calibration={"images": images[picked]},
        test={"images": test},
        labels=test_labels,
        calibration_batch=32,
        test_batch=250,
    ).write()
