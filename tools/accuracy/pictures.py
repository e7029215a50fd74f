"""The photos of models/photos as inputs of networks."""

import numpy as np
from PIL import Image

from paths import MODELS

PHOTOS = MODELS / "photos"
TEST, CALIBRATION = PHOTOS, PHOTOS / "calibration"


def crops(folder, side, resized):
    """uint8 [N,side,side,3]: the photos with their shorter side `resized`, then the centre. The photos' own is 256."""
    pixels = []
    for path in sorted(folder.glob("*.jpg")):
        image = Image.open(path).convert("RGB")
        factor = resized / min(image.size)
        if factor != 1:
            image = image.resize(
                [max(resized, round(length * factor)) for length in image.size], Image.Resampling.BILINEAR
            )
        left, top = (image.width - side) // 2, (image.height - side) // 2
        pixels.append(np.asarray(image.crop((left, top, left + side, top + side))))
    return np.stack(pixels)


def channels_first(pixels, mean, scale):
    """(pixels - mean) / scale as float32 [N,C,H,W]."""
    values = (pixels.astype(np.float32) - np.float32(mean)) / np.float32(scale)
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2))
