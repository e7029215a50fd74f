"""Quantizes a network with PyTorch for x86, by its two ways.

FX graph mode (torch.ao) with the default qconfig mapping of the backend `x86`, whose activations have 7 bits, and the
same with 8; PT2E (torchao) with X86InductorQuantizer. What is run is PyTorch's reference form (dequantize, float
operator, quantize), which means the same on every CPU. Sizes are those of the state that PyTorch saves.
"""

import copy
import io
import logging
import warnings

import torch

warnings.filterwarnings("ignore")
for chatty in ("torchao", "torch.utils._pytree"):
    logging.getLogger(chatty).setLevel(logging.ERROR)

from torch import nn
from torch.ao.quantization import (
    QConfig,
    float_qparams_weight_only_qconfig,
    get_default_qconfig_mapping,
    quantize_dynamic,
)
from torch.ao.quantization.observer import HistogramObserver, default_per_channel_weight_observer
from torch.ao.quantization.quantize_fx import convert_fx, convert_to_reference_fx, prepare_fx
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
from torchao.quantization.pt2e.quantizer import x86_inductor_quantizer as x86

from network import batches, read_feeds


def mapping(full_range=False):
    """The default mapping of `x86`, and what it asks for where there are embeddings.

    With `full_range` activations are in 0..255 in place of 0..127.
    """
    found = get_default_qconfig_mapping("x86").set_object_type(nn.Embedding, float_qparams_weight_only_qconfig)
    if full_range:
        activation = HistogramObserver.with_args(reduce_range=False)
        found.set_global(QConfig(activation, default_per_channel_weight_observer))
    return found


def stored_bytes(state):
    """The size of a file with the tensors of a state_dict."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getbuffer().nbytes


def observe(module, samples):
    with torch.no_grad():
        for sample in samples:
            module(*sample)


def fx(module, samples, qconfigs):
    torch.backends.quantized.engine = "x86"
    prepared = prepare_fx(copy.deepcopy(module), qconfigs, samples[0])
    observe(prepared, samples)
    return convert_to_reference_fx(copy.deepcopy(prepared)), stored_bytes(convert_fx(prepared).state_dict())


def pt2e(module, samples):
    # A batch of one would be taken for a constant.
    example = tuple(torch.cat([tensor, tensor]) for tensor in samples[0])
    any_batch = tuple({0: torch.export.Dim("N")} for _ in example)
    exported = torch.export.export(module, example, dynamic_shapes=(any_batch,) if _variadic(module) else any_batch)
    quantizer = x86.X86InductorQuantizer().set_global(x86.get_default_x86_inductor_quantization_config())
    prepared = prepare_pt2e(exported.module(), quantizer)
    observe(prepared, samples)
    converted = convert_pt2e(prepared)
    # Float weights that nothing reads any more stay in the module's state.
    read = {node.target for node in converted.graph.nodes if node.op == "get_attr"}
    state = {name: tensor for name, tensor in converted.state_dict().items() if name in read}
    return converted, stored_bytes(state)


def _variadic(module):
    """Whether forward has no names for its arguments, which torch.export wants to know."""
    return module.forward.__code__.co_flags & 0x04 != 0


STATIC = {
    "FX x86": lambda module, samples: fx(module, samples, mapping()),
    "FX x86, 8 bits": lambda module, samples: fx(module, samples, mapping(full_range=True)),
    "PT2E x86 inductor": pt2e,
}


def dynamic(module):
    """torch.ao's dynamic quantization of what it has for that."""
    torch.backends.quantized.engine = "x86"
    return quantize_dynamic(module, {nn.Linear, nn.GRU, nn.GRUCell, nn.LSTM}, dtype=torch.qint8)


def to_samples(feeds, size):
    return [tuple(torch.from_numpy(values) for values in batch.values()) for batch in batches(feeds, size)]


def quantized(name, spec, module):
    """For each setting its name and kind, the module with its bytes, and the error that PyTorch ended with, if any."""
    samples = to_samples(read_feeds(name, "calibration"), spec["calibrationBatch"])
    for setting, quantize in STATIC.items():
        try:
            yield f"static {setting}", "static", *quantize(module, samples), None
        except Exception as error:  # PyTorch's own, of any type: a row of the table says so.
            yield f"static {setting}", "static", None, None, f"{type(error).__name__}: {error}"
    if "dynamic" in spec["kinds"]:
        made = dynamic(module)
        yield "dynamic", "dynamic", made, stored_bytes(made.state_dict()), None


def run(module, feeds, size):
    """The module's output for all samples."""
    with torch.no_grad():
        return torch.cat([module(*sample) for sample in to_samples(feeds, size)]).numpy()
