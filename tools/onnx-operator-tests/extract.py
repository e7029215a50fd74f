"""Takes ONNX's own operator tests out of the PyPI package `onnx`.

    python3 tools/onnx-operator-tests/extract.py [--output build/onnx-operator-tests]

Each release of the package carries, in backend/test/data/node, one folder a test: `model.onnx` and
`test_data_set_*/{input,output}_*.pb` (TensorProto). A release's models use the operator versions of its own opset, so
several releases are read: see RELEASES. All of their tests go to `<output>/<release>/<test>/…`, and
`<output>/releases.json` lists the releases when all are there. Needs Python 3.9 and pip, nothing else.
"""

import argparse
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

# release: what pip needs to know to find its wheel on any Python. Of opsets 9, 13, 21 and 24.
RELEASES = {
    "1.4.1": ("--python-version", "3.6", "--abi", "cp36m", "--platform", "manylinux1_x86_64"),
    "1.8.1": ("--python-version", "3.6", "--abi", "cp36m", "--platform", "manylinux2010_x86_64"),
    "1.16.2": ("--python-version", "3.11", "--abi", "cp311", "--platform", "manylinux2014_x86_64"),
    "1.19.1": ("--python-version", "3.11", "--abi", "cp311", "--platform", "manylinux2014_x86_64"),
}
DATA_FOLDER = "onnx/backend/test/data/node/"


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(command)} failed; is pip installed (Debian: python3-pip)?\n{result.stderr}")


def fetch_wheel(release, options, folder):
    existing = list(folder.glob(f"onnx-{release}-*.whl"))
    if existing:
        return existing[0]
    folder.mkdir(parents=True, exist_ok=True)
    binary = ("--no-deps", "--only-binary", ":all:", "--implementation", "cp")
    pip("download", "--quiet", *binary, *options, "--dest", str(folder), f"onnx=={release}")
    return next(folder.glob(f"onnx-{release}-*.whl"))


def extract(wheel, folder):
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.startswith(DATA_FOLDER) or name.endswith("/"):
                continue
            path = folder / name.removeprefix(DATA_FOLDER)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(name))
    return sum(1 for _ in folder.glob("*/model.onnx"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[2] / "build" / "onnx-operator-tests"
    parser.add_argument("--output", type=Path, default=default)
    output = parser.parse_args().output
    for release, options in RELEASES.items():
        print(f"onnx {release}: {extract(fetch_wheel(release, options, output / 'wheels'), output / release)} tests")
    (output / "releases.json").write_text(json.dumps(list(RELEASES)) + "\n")


if __name__ == "__main__":
    main()
