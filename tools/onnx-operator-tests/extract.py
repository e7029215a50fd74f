"""Takes ONNX's own operator tests out of the PyPI package `onnx` and writes those that Octavo must pass.

    python3 tools/onnx-operator-tests/extract.py --operators Add,Conv,… [--output build/onnx-operator-tests]

Each release of the package carries, in backend/test/data/node, one folder a test: `model.onnx` and
`test_data_set_*/{input,output}_*.pb` (TensorProto). A release's models use the operator versions of its own opset, so
several releases are read: see RELEASES. A test is taken when every operator in it is one of those given, its opset
is OLDEST_OPSET or newer, it is an inference, and its tensors are of DTYPES. Writes `<output>/<release>/<test>/...` and `<output>/manifest.json`:

    {"supported": the operators given,
     "releases": {release: opset},
     "cases":   [{"release", "name", "path", "opset", "operators", "dtypes", "data_sets"}],
     "operators": {operator: number of cases},
     "skipped": [{"release", "name", "operators", "reason"}]}

`skipped` lists the tests of Octavo's operators that were not taken; tests of other operators are only counted. Needs
Python 3.9 and pip, nothing else: the packages are kept inside the output folder.
"""

import argparse
import json
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

READER = ("onnx==1.16.2", "protobuf==5.29.5", "numpy==1.26.4")  # what parses the models
# release: (opset, what pip needs to know to find its wheel on any Python)
RELEASES = {
    "1.4.1": (9, ("--python-version", "3.6", "--abi", "cp36m", "--platform", "manylinux1_x86_64")),
    "1.8.1": (13, ("--python-version", "3.6", "--abi", "cp36m", "--platform", "manylinux2010_x86_64")),
    "1.16.2": (21, ("--python-version", "3.11", "--abi", "cp311", "--platform", "manylinux2014_x86_64")),
}
OLDEST_OPSET = 7
DTYPES = frozenset({"FLOAT", "INT64", "BOOL"})
# Eight bits are what these are for; int32 is their bias and what shapes may be cast to.
QUANTIZED_DTYPES = DTYPES | {"UINT8", "INT8", "INT32"}
QUANTIZED_OPERATORS = frozenset({"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "Cast", "Shape"})
# Tests that onnxruntime does not pass either, and what their expected output does.
DISPUTED = {
    "test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True": "counts taps beyond the padding",
}
DATA_FOLDER = "onnx/backend/test/data/node/"


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(command)} failed; is pip installed (Debian: python3-pip)?\n{result.stderr}")


def load_reader(folder):
    """The `onnx` module of READER, installed into `folder` the first time."""
    stamp = folder / "installed.txt"
    if not stamp.exists() or stamp.read_text() != "\n".join(READER):
        shutil.rmtree(folder, ignore_errors=True)
        pip("install", "--quiet", "--only-binary", ":all:", "--target", str(folder), *READER)
        stamp.write_text("\n".join(READER))
    sys.path.insert(0, str(folder))
    import onnx

    return onnx


def fetch_wheel(release, options, folder):
    existing = list(folder.glob(f"onnx-{release}-*.whl"))
    if existing:
        return existing[0]
    folder.mkdir(parents=True, exist_ok=True)
    binary = ("--no-deps", "--only-binary", ":all:", "--implementation", "cp")
    pip("download", "--quiet", *binary, *options, "--dest", str(folder), f"onnx=={release}")
    return next(folder.glob(f"onnx-{release}-*.whl"))


def value_dtypes(onnx, model):
    """Element types of all inputs, outputs and constants; "SEQUENCE" and the like for what is no tensor."""
    names = set()
    for value in (*model.graph.input, *model.graph.output):
        kind = value.type.WhichOneof("value")
        if kind == "tensor_type":
            names.add(onnx.TensorProto.DataType.Name(value.type.tensor_type.elem_type))
        else:
            names.add(str(kind).removesuffix("_type").upper())
    constants = [attribute.t for node in model.graph.node for attribute in node.attribute if attribute.HasField("t")]
    names.update(onnx.TensorProto.DataType.Name(tensor.data_type) for tensor in (*model.graph.initializer, *constants))
    return names


def is_training(node, opset):
    """Dropout with a training_mode input, and BatchNormalization that computes or returns statistics."""
    if node.op_type == "Dropout":
        return len(node.input) > 2 and node.input[2] != ""
    if node.op_type != "BatchNormalization":
        return False
    attributes = {attribute.name: attribute.i for attribute in node.attribute}
    return attributes.get("training_mode", 0) != 0 or (opset < 14 and len(node.output) > 1)


def reason_to_skip(onnx, supported, test, model, opset):
    """Why a test is not taken, or None."""
    operators = {node.op_type for node in model.graph.node}
    if opset < OLDEST_OPSET:
        return f"opset {opset}"
    if any(node.domain not in ("", "ai.onnx") for node in model.graph.node):
        return "operators of another domain"
    if test in DISPUTED:
        return DISPUTED[test]
    foreign = sorted(operators - supported)
    if foreign:
        return f"needs {', '.join(foreign)}"
    if any(is_training(node, opset) for node in model.graph.node):
        return "training mode"
    allowed = QUANTIZED_DTYPES if operators & QUANTIZED_OPERATORS else DTYPES
    foreign = sorted(value_dtypes(onnx, model) - allowed)
    return f"element type {', '.join(name.lower() for name in foreign)}" if foreign else None


def extract_release(onnx, supported, release, wheel, output):
    """Yields one record a test of Octavo's operators: a case that was written, or a skipped one."""
    with zipfile.ZipFile(wheel) as archive:
        files = {}
        for name in archive.namelist():
            if name.startswith(DATA_FOLDER) and not name.endswith("/"):
                test, _, member = name.removeprefix(DATA_FOLDER).partition("/")
                files.setdefault(test, []).append(member)
        for test, members in sorted(files.items()):
            model = onnx.load_from_string(archive.read(f"{DATA_FOLDER}{test}/model.onnx"))
            operators = sorted({node.op_type for node in model.graph.node})
            if not supported & set(operators):
                continue
            (opset,) = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")] or [0]
            record = {"release": release, "name": test, "operators": operators}
            reason = reason_to_skip(onnx, supported, test, model, opset)
            if reason:
                yield record | {"reason": reason}
                continue
            folder = output / release / test
            for member in members:
                path = folder / member
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(f"{DATA_FOLDER}{test}/{member}"))
            data_sets = sorted({member.split("/")[0] for member in members if "/" in member})
            yield record | {
                "path": f"{release}/{test}",
                "opset": opset,
                "dtypes": sorted(name.lower() for name in value_dtypes(onnx, model)),
                "data_sets": data_sets,
            }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[2] / "build" / "onnx-operator-tests"
    parser.add_argument("--output", type=Path, default=default)
    parser.add_argument("--operators", required=True, help="those that `octavo operators` lists, with commas")
    arguments = parser.parse_args()
    output, listed = arguments.output, arguments.operators.split(",")
    supported = frozenset(listed)
    onnx = load_reader(output / "python")
    records = []
    for release, (opset, options) in RELEASES.items():
        shutil.rmtree(output / release, ignore_errors=True)
        wheel = fetch_wheel(release, options, output / "wheels")
        found = list(extract_release(onnx, supported, release, wheel, output))
        taken = sum("reason" not in record for record in found)
        print(f"onnx {release} (opset {opset}): {taken} taken, {len(found) - taken} skipped")
        records += found
    cases = [record for record in records if "reason" not in record]
    skipped = [record for record in records if "reason" in record]
    counts = Counter(operator for case in cases for operator in case["operators"])
    manifest = {
        "supported": listed,
        "releases": {release: opset for release, (opset, _) in RELEASES.items()},
        "cases": cases,
        "operators": {operator: counts[operator] for operator in sorted(supported)},
        "skipped": skipped,
    }
    (output / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    for operator, count in manifest["operators"].items():
        print(f"  {operator:24} {count}")
    for reason, count in Counter(record["reason"] for record in skipped).most_common():
        print(f"  skipped {count:4}: {reason}")
    print(f"{len(cases)} cases in {output}")


if __name__ == "__main__":
    main()
