"""What a network of the tables is, and how it and its data are written for all tools alike."""

import json
from dataclasses import dataclass, field

import numpy as np
import onnxruntime

from paths import WORK


@dataclass
class Network:
    """A float ONNX network with one float output, calibration data and test data.

    `calibration` and `test` map the names of inputs to arrays whose first axis is the sample. Every tool gets the
    calibration data in batches of `calibration_batch`. `labels` are the right classes of the test data, if known.
    `facts` are written into spec.json. `kinds` are the ways in which it is quantized: 'static', 'dynamic', 'weights'.
    """

    name: str
    title: str
    source: str
    calibration: dict
    test: dict
    labels: np.ndarray | None = None
    calibration_batch: int = 1
    test_batch: int = 1
    kinds: tuple = ("static",)
    facts: dict = field(default_factory=dict)

    @property
    def folder(self):
        return WORK / self.name

    def write(self):
        """Writes the data, what float says of them, and spec.json beside float.onnx, which must be there."""
        for kind in ("calibration", "test"):
            for name, values in getattr(self, kind).items():
                save(self.folder / f"{kind}.{name}.npy", values)
        if self.labels is not None:
            save(self.folder / "labels.npy", self.labels.astype(np.int32))
        session = onnxruntime.InferenceSession(self.folder / "float.onnx", providers=["CPUExecutionProvider"])
        outputs = run_batches(session, self.test, self.test_batch)
        save(self.folder / "outputs" / "float.npy", outputs)
        spec = {
            "name": self.name,
            "title": self.title,
            "source": self.source,
            "inputs": list(self.test),
            "output": session.get_outputs()[0].name,
            "calibrationBatch": self.calibration_batch,
            "testBatch": self.test_batch,
            "kinds": self.kinds,
            **self.facts,
        }
        (self.folder / "spec.json").write_text(json.dumps(spec, indent=2) + "\n")
        if self.labels is not None:
            print(f"{self.name}: float is right on {(outputs.argmax(axis=1) == self.labels).mean():.4f}")


def save(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.ascontiguousarray(values))


def read_spec(name):
    return json.loads((WORK / name / "spec.json").read_text())


def read_feeds(name, kind):
    """The calibration or test data of a network that was written."""
    return {key: np.load(WORK / name / f"{kind}.{key}.npy") for key in read_spec(name)["inputs"]}


def batches(feeds, size):
    count = len(next(iter(feeds.values())))
    for start in range(0, count, size):
        yield {name: values[start : start + size] for name, values in feeds.items()}


def run_batches(session, feeds, size):
    """The first output of an onnxruntime session for all samples."""
    return np.concatenate([session.run(None, batch)[0] for batch in batches(feeds, size)])
