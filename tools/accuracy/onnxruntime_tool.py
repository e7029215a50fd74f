"""Quantizes a network with ONNX Runtime's own tool, in every way that it has, and runs what that gives.

Static: `quantize_static` after `quant_pre_process`, in QDQ format, weights int8 per channel, activations uint8, with
each of its `calibrate_method`s. Dynamic: `quantize_dynamic`, weights int8, per channel and per tensor. Weights:
`MatMulNBitsQuantizer`, four bits in blocks of 32, to the nearest and by HQQ.

QDQ files are run as they are written, without fusing into integer operators (session.disable_quant_qdq): their results
are those that the file means on every CPU, also on those without VNNI, where ONNX Runtime's u8s8 products saturate.
"""

import logging
import shutil

import onnx
import onnxruntime
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.matmul_nbits_quantizer import (
    DefaultWeightOnlyQuantConfig,
    HQQWeightOnlyQuantConfig,
    MatMulNBitsQuantizer,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from network import batches, read_feeds
from paths import WORK

STATIC = {f"static {method.name}": method for method in CalibrationMethod}
DYNAMIC = {"dynamic per channel": True, "dynamic per tensor": False}
WEIGHTS = {
    "weights int4, blocks of 32": DefaultWeightOnlyQuantConfig(block_size=32, is_symmetric=True),
    "weights int4, blocks of 32, asymmetric": DefaultWeightOnlyQuantConfig(block_size=32),
    "weights int4, blocks of 32, hqq": HQQWeightOnlyQuantConfig(block_size=32),
}


class Reader(CalibrationDataReader):
    def __init__(self, feeds, size):
        self.batches = batches(feeds, size)

    def get_next(self):
        return next(self.batches, None)


def preprocess(source, target):
    """Folds what ONNX Runtime folds before it quantizes; a copy where its inference of shapes gives up."""
    try:
        quant_pre_process(source, target)
    except Exception as error:  # What it throws is of no one type.
        print(f"  quant_pre_process without symbolic shapes: {error}")
        try:
            quant_pre_process(source, target, skip_symbolic_shape=True)
        except Exception as problem:
            print(f"  no quant_pre_process: {problem}")
            shutil.copy(source, target)


def static(source, target, setting, name, spec):
    feeds = read_feeds(name, "calibration")
    quantize_static(
        source,
        target,
        Reader(feeds, spec["calibrationBatch"]),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=STATIC[setting],
    )


def dynamic(source, target, setting):
    quantize_dynamic(source, target, per_channel=DYNAMIC[setting], weight_type=QuantType.QInt8)


def weights(source, target, setting):
    quantizer = MatMulNBitsQuantizer(onnx.load(source), algo_config=WEIGHTS[setting])
    quantizer.process()
    quantizer.model.save_model_to_file(str(target))


def session_of(path, fused=False):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    if not fused:
        options.add_session_config_entry("session.disable_quant_qdq", "1")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def quantized(name, spec):
    """For each setting its name, the quantized file, and the error that the tool ended with, if any."""
    logging.getLogger().setLevel(logging.ERROR)
    folder = WORK / name / "onnxruntime"
    folder.mkdir(exist_ok=True)
    ready = folder / "preprocessed.onnx"
    preprocess(WORK / name / "float.onnx", ready)
    ways = {
        "static": (STATIC, lambda target, setting: static(ready, target, setting, name, spec)),
        "dynamic": (DYNAMIC, lambda target, setting: dynamic(ready, target, setting)),
        "weights": (WEIGHTS, lambda target, setting: weights(ready, target, setting)),
    }
    for settings, quantize in (ways[kind] for kind in spec["kinds"]):
        for setting in settings:
            path = folder / f"{setting.replace(',', '').replace(' ', '-')}.onnx"
            try:
                quantize(path, setting)
                yield setting, path, None
            except Exception as error:  # The tool's own, of any type: a row of the table says so.
                yield setting, None, f"{type(error).__name__}: {error}"
