"""EfficientNet-Lite0 of models/ on its photos: 32 to calibrate with, 15 others to test on."""

import shutil

import pictures
from network import Network
from paths import MODELS, WORK


def prepare(name):
    (WORK / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(MODELS / "efficientnet-lite0.onnx", WORK / name / "float.onnx")

    def images(folder):
        return {"images": pictures.channels_first(pictures.crops(folder, 224, 256), 127, 128)}

    Network(
        name=name,
        title="EfficientNet-Lite0",
        source="`models/`, trained on ImageNet; 32 photos to calibrate, 15 others to test",
        calibration=images(pictures.CALIBRATION),
        test=images(pictures.TEST),
    ).write()
