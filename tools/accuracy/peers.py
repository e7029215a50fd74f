"""What a peer makes of one row of the tables: `python peers.py NAME onnxruntime` or `python peers.py NAME pytorch`.

Writes outputs on the test data to build/accuracy/NAME/outputs/, and build/accuracy/NAME/PEER.json, which names them.
What cannot be made has an error there in place of outputs.
"""

import json
import sys
import time

import torch

import onnxruntime_tool
import pytorch_tool
from network import read_feeds, read_spec, run_batches, save
from networks import module_of
from paths import WORK
from to_pytorch import to_pytorch


class Results:
    def __init__(self, name, tool):
        self.folder, self.tool, self.rows = WORK / name, tool, []

    def add(self, setting, kind, outputs=None, size=None, error=None, seconds=0.0, spoken=None):
        row = {"tool": self.tool, "setting": setting, "kind": kind}
        if error is None:
            row["outputs"] = f"outputs/{self.tool}.{setting}.npy".replace(" ", "-").replace(",", "")
            save(self.folder / row["outputs"], outputs)
            row |= {"bytes": size, "seconds": round(seconds, 1)}
            if spoken is not None:
                row["spoken"] = row["outputs"].replace(".npy", ".spoken.json")
                (self.folder / row["spoken"]).write_text(json.dumps(spoken))
        else:
            row["error"] = error[:300]
        self.rows.append(row)
        print(f"  {self.tool}, {setting}: {row.get('error', row.get('bytes'))}", flush=True)

    def write(self):
        (self.folder / f"{self.tool}.json").write_text(json.dumps(self.rows, indent=2) + "\n")


def run_onnxruntime(name, spec, results):
    feeds, size = read_feeds(name, "test"), spec["testBatch"]
    begin = time.time()
    for setting, path, error in onnxruntime_tool.quantized(name, spec):
        seconds = time.time() - begin
        kind = setting.split()[0]
        try:
            outputs = error or run_batches(onnxruntime_tool.session_of(path), feeds, size)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
        if error:
            results.add(setting, kind, error=error)
        else:
            results.add(setting, kind, outputs, path.stat().st_size, seconds=seconds)
        begin = time.time()


def run_pytorch(name, spec, results):
    feeds, size = read_feeds(name, "test"), spec["testBatch"]
    own = getattr(module_of(name), "network", None)
    module = own(name) if own else to_pytorch(WORK / name / "float.onnx")
    results.add("float", "float", pytorch_tool.run(module, feeds, size), pytorch_tool.stored_bytes(module.state_dict()))
    begin = time.time()
    for setting, kind, quantized, stored, error in pytorch_tool.quantized(name, spec, module):
        seconds = time.time() - begin
        try:
            outputs = error or pytorch_tool.run(quantized, feeds, size)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
        if error:
            results.add(setting, kind, error=error)
        else:
            results.add(setting, kind, outputs, stored, seconds=seconds)
        begin = time.time()


RUN = {"onnxruntime": run_onnxruntime, "pytorch": run_pytorch}


def main():
    torch.set_num_threads(1)
    name, tool = sys.argv[1:]
    spec, results = read_spec(name), Results(name, tool)
    own = getattr(module_of(name), "peers", None)
    if own:
        own[tool](name, results)
    else:
        RUN[tool](name, spec, results)
    results.write()


if __name__ == "__main__":
    main()
