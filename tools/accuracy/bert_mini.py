"""Trains a small BERT on texts that people rated for PyPI's vaderSentiment (Hutto, Gilbert 2014; MIT): pleasant or not?

Tweets, reviews of films and wares, and sentences of newspapers, with means of twenty ratings in -4..4; those nearer
than 0.5 to zero are left out, and a fifth of the others is to test with. Words are tokens, those seen once in training
are all one. From scratch: BERT's layers (post-normalization, GELU), less wide and with fewer words.
"""

import io
import re
import tarfile
from collections import Counter

import numpy as np
import torch
from torch import nn

from export import export_onnx
from network import Network
from packages import source_archive
from paths import WORK

PACKAGE = "vaderSentiment==3.3.2"
KINDS = "tweets", "movieReviewSnippets", "amazonReviewSnippets", "nytEditorialSnippets"
PAD, UNKNOWN, BEGIN = 0, 1, 2
LENGTH, WIDTH, HEADS, LAYERS = 32, 128, 4, 4
EPOCHS, BATCH, CALIBRATION = 4, 64, 128


def read_texts():
    """Texts as lists of words, and whether they are pleasant."""
    archive = source_archive(PACKAGE)
    (inner,) = [name for name in archive.getnames() if name.endswith("hutto_ICWSM_2014.tar.gz")]
    texts = tarfile.open(fileobj=io.BytesIO(archive.extractfile(inner).read()))
    words, pleasant = [], []
    for kind in KINDS:
        lines = (
            texts.extractfile(f"hutto_ICWSM_2014/{kind}_GroundTruth.txt").read().decode("utf8", "replace").splitlines()
        )
        for _, rating, text in (line.split("\t", 2) for line in lines if line):
            if abs(float(rating)) >= 0.5:
                words.append(re.findall(r"[a-z']+|[0-9]+|[^\w\s]", text.lower()))
                pleasant.append(float(rating) > 0)
    return words, np.array(pleasant, np.int64)


def tokenize(texts, vocabulary):
    """int64 ids and mask [N,LENGTH]; longer texts lose their end."""
    ids = np.full((len(texts), LENGTH), PAD, np.int64)
    for row, text in zip(ids, texts, strict=True):
        tokens = [BEGIN, *(vocabulary.get(word, UNKNOWN) for word in text)][:LENGTH]
        row[: len(tokens)] = tokens
    return {"input_ids": ids, "attention_mask": (ids != PAD).astype(np.int64)}


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.wide, self.narrow, self.gelu = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH), nn.GELU()
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))
        self.dropout, self.softmax = nn.Dropout(0.1), nn.Softmax(-1)

    def forward(self, x, mask):
        query, key, value = (
            linear(x).unflatten(2, (HEADS, WIDTH // HEADS)).transpose(1, 2)
            for linear in (self.query, self.key, self.value)
        )
        weights = self.softmax(torch.matmul(query, key.transpose(2, 3)) * (WIDTH // HEADS) ** -0.5 + mask)
        attended = torch.matmul(weights, value).transpose(1, 2).flatten(2)
        x = self.norms[0](x + self.dropout(self.out(attended)))
        return self.norms[1](x + self.dropout(self.narrow(self.gelu(self.wide(x)))))


class Bert(nn.Module):
    def __init__(self, words):
        super().__init__()
        self.words, self.places = nn.Embedding(words, WIDTH), nn.Parameter(0.02 * torch.randn(LENGTH, WIDTH))
        nn.init.normal_(self.words.weight, std=0.02)
        self.norm, self.dropout = nn.LayerNorm(WIDTH), nn.Dropout(0.2)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.pooler, self.tanh, self.classifier = nn.Linear(WIDTH, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 2)

    def forward(self, input_ids, attention_mask):
        mask = (1 - attention_mask.to(torch.float32)).unsqueeze(1).unsqueeze(1) * -1e4
        x = self.dropout(self.norm(self.words(input_ids) + self.places))
        for layer in self.layers:
            x = layer(x, mask)
        return self.classifier(self.tanh(self.pooler(x[:, 0])))


def train(network, feeds, labels):
    generator = torch.Generator().manual_seed(1)
    inputs, targets = [torch.from_numpy(values) for values in feeds.values()], torch.from_numpy(labels)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.05)
    steps = EPOCHS * -(-len(targets) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-3, total_steps=steps, pct_start=0.2)
    network.train()
    for epoch in range(EPOCHS):
        for picked in torch.randperm(len(targets), generator=generator).split(BATCH):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(network(*(values[picked] for values in inputs)), targets[picked])
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        print(f"  epoch {epoch + 1} of {EPOCHS}: loss {loss.item():.3f}", flush=True)


def read_data():
    """The vocabulary, and feeds and labels to train and to test with."""
    words, labels = read_texts()
    order = np.random.default_rng(20260101).permutation(len(words))
    parts = np.split(order, [len(words) // 5])
    counts = Counter(word for index in parts[1] for word in words[index])
    vocabulary = {word: number for number, word in enumerate(sorted(w for w, n in counts.items() if n > 1), BEGIN + 1)}
    test, training = ((tokenize([words[index] for index in part], vocabulary), labels[part]) for part in parts)
    return vocabulary, training, test


def trained(name, vocabulary, training):
    """The network, from the file that an earlier run left where that is there."""
    torch.set_num_threads(1)
    torch.manual_seed(20260101)
    network, path = Bert(len(vocabulary) + BEGIN + 1), WORK / name / "trained.pt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        train(network, *training)
        torch.save(network.state_dict(), path)
    network.load_state_dict(torch.load(path))
    return network.eval()


def network(name):
    vocabulary, training, _ = read_data()
    return trained(name, vocabulary, training)


def prepare(name):
    vocabulary, training, (test, labels) = read_data()
    network = trained(name, vocabulary, training)
    example = {key: torch.from_numpy(values[:2]) for key, values in test.items()}
    export_onnx(network, example, WORK / name / "float.onnx")
    picked = np.random.default_rng(2).choice(len(training[1]), CALIBRATION, replace=False)
    Network(
        name=name,
        title="BERT-mini",
        source=(
            f"{LAYERS} layers of {WIDTH}, trained here on texts of PyPI's `vaderSentiment` ({len(training[1])}, "
            f"pleasant or not), {CALIBRATION} of them to calibrate, tested on {len(labels)} others"
        ),
        calibration={key: values[picked] for key, values in training[0].items()},
        test=test,
        labels=labels,
        calibration_batch=16,
        test_batch=50,
        kinds=("static", "dynamic", "weights"),
    ).write()
