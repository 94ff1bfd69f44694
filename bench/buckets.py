"""Measures how well untagged traffic is divided into use cases, and writes the figures into docs/buckets.md.

    python bench/buckets.py DATA [--print]

DATA is the folder of recorded outcomes and traffic. The tags of the recorded week are hidden from the scheme and kept
for the comparison.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.metrics import normalized_mutual_info_score

from suffice.features import Features, forget, read
from suffice.quality import view
from suffice.quality.clustering import agreement, fit_clusters
from suffice.quality.clusters import bucket_of as bucket_by_task_and_cluster
from suffice.quality.fingerprint import embed, load
from suffice.quality.grouping import fit_scheme, row_of
from suffice.quality.outcomes import bucket_of as bucket_by_task
from suffice.quality.scheme import BucketScheme
from suffice.testing.recorded_week import read_week
from suffice.types import Request

PAGE = Path(__file__).resolve().parents[1] / "docs" / "buckets.md"
BEGIN, END = (
    "<!-- Made by bench/buckets.py: run it again. -->\n",
    "<!-- End of what bench/buckets.py makes. -->\n",
)
PUBLIC = ("zeroeval", "lookahead_open", "llmrouter_nim9", "bfcl_v1_2024_08", "mmlu_pro")
PER_LABEL = 100
SEED = 7
GENERIC = "You are a helpful assistant. Today is {day}."
SYSTEM = {
    "word-problems": "You tutor {name}, who is {number} years old, at primary school. Solve the exercise step by step.",
    "competition-math": "Trainer for the mathematics olympiad. Session {id}. Solve the problem with full rigour.",
    "code-output": "You simulate a Python interpreter (run {id}, {day}). Say what the program prints.",
    "tool-calls": "Hello {name}! You are the concierge desk's dispatcher. Pick the tool that does the job.",
    "tool-relevance": "Gatekeeper, shift {number}: call a tool only if it really can do what {name} asks for.",
    "parallel-tool-calls": "Batch planner for account {id}. Plan every call that the errand needs, all at once.",
    "sdk-calls": "As of {day} you write calls of our software kit for developer {name}; exact argument types matter.",
    "api-calls": "You operate public web interfaces on behalf of {name} ({id}). Use live data only.",
}
NAMES = ("Alice", "Bob Miller", "Chen Wei", "Dr. Okafor", "Maria del Mar", "Tom", "Yuki Tanaka", "Zoe")

Body = dict[str, Any]
Sample = tuple[list[Body], list[str]]
Places = Sequence[str]


def main() -> None:
    """Measures everything, and writes or prints it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--print", action="store_true", dest="only_print", help="Leave the page as it is.")
    asked = parser.parse_args()
    if not (asked.data / "traffic").is_dir():
        sys.exit(f"no recorded traffic in {asked.data}: name the folder of recorded outcomes and traffic")
    text = measured(asked.data)
    print(text)
    if not asked.only_print:
        page = PAGE.read_text()
        head, _, rest = page.partition(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}\n{text}\n\n{END}{rest.partition(END)[2]}")


def measured(data: Path) -> str:
    """Returns all tables as Markdown."""
    bodies, tags = week(data)
    features = list(map(features_of, bodies))
    scheme = scheme_of(features)
    found = [scheme.bucket_of(one) for one in features]
    parts = [
        "### The recorded week, its tags hidden\n",
        table(("divided by", *COLUMNS), week_rows(features, tags, found)),
        "\n### By feature\n",
        table(
            ("feature", "calls", "largest bucket", "of the feature", "of the bucket", "the rest is in"),
            by_tag(found, tags),
        ),
        "\n### Under system prompts that vary\n",
        table(("every call has", *COLUMNS), varied(bodies, tags)),
        "\n### The same over time\n",
        table(("compared", "calls", "same bucket", "ARI"), over_time(features)),
        "\n### Public sets of prompts\n",
        table(("set", "prompts", "labels", *COLUMNS), [public_row(data, name) for name in PUBLIC]),
        "\n### What it costs a request\n",
        table(("prompts", "reading its features", "its bucket, first seen"), costs(bodies, scheme)),
    ]
    return "\n".join(parts)


COLUMNS = ("buckets", "with 30 calls or more", "purity", "NMI", "ARI")


def scores(found: Places, labels: Sequence[str]) -> tuple[str, ...]:
    """Returns how well buckets agree with labels, one text for each of COLUMNS."""
    return (
        str(len(set(found))),
        str(sum(count >= 30 for count in Counter(found).values())),
        f"{purity(found, labels):.3f}",
        f"{normalized_mutual_info_score(labels, found):.3f}",
        f"{agreement(numbered(labels), numbered(found)):.3f}",
    )


def purity(found: Places, labels: Sequence[str]) -> float:
    """Returns the share of calls whose label is the most frequent one of their bucket."""
    inside: dict[str, Counter[str]] = defaultdict(Counter)
    for bucket, label in zip(found, labels, strict=True):
        inside[bucket][label] += 1
    return sum(max(counts.values()) for counts in inside.values()) / len(labels)


def week_rows(features: list[Features], tags: list[str], found: Places) -> list[tuple[str, ...]]:
    """Returns the scheme beside what it is made of alone."""
    clusters = fit_clusters(np.stack([embed(one.hashes) for one in features]), version=load().version)
    templated = [one.partition("/")[0] for one in found]
    return [
        ("**template, task, cluster: the scheme**", *scores(found, tags)),
        ("template and task, no cluster", *scores(templated, tags)),
        ("task alone", *scores(list(map(bucket_by_task, features)), tags)),
        (
            "task and cluster of all traffic",
            *scores([bucket_by_task_and_cluster(one, clusters) for one in features], tags),
        ),
        ("nothing: one bucket", *scores(["all"] * len(tags), tags)),
    ]


def by_tag(found: Places, tags: list[str]) -> list[tuple[str, ...]]:
    """Returns where each feature's calls are."""
    size = Counter(found)
    rows = []
    for tag, calls in Counter(tags).most_common():
        inside = Counter(bucket for bucket, label in zip(found, tags, strict=True) if label == tag)
        (largest, count), *rest = inside.most_common()
        others = ", ".join(
            f"`{bucket}` {number / calls:.0%}" for bucket, number in rest[:3] if number / calls >= 0.05
        )
        rows.append(
            (tag, f"{calls}", f"`{largest}`", f"{count / calls:.0%}", f"{count / size[largest]:.0%}", others)
        )
    return rows


def varied(bodies: list[Body], tags: list[str]) -> list[tuple[str, ...]]:
    """Returns what system prompts with names, dates and ids in them do."""
    rows = []
    for title, text_of in (
        ("a system prompt of its feature", SYSTEM.__getitem__),
        ("one system prompt that says nothing", lambda _: GENERIC),
    ):
        rng = random.Random(SEED)
        features = [
            features_of(under(text_of(tag), body, rng)) for body, tag in zip(bodies, tags, strict=True)
        ]
        scheme = scheme_of(features)
        rows.append((title, *scores([scheme.bucket_of(one) for one in features], tags)))
    return rows


def under(text: str, body: Body, rng: random.Random) -> Body:
    """Returns a request with a system prompt whose blanks are filled at random."""
    filled = text.format(
        name=rng.choice(NAMES),
        number=rng.randint(5, 90),
        id=f"{rng.getrandbits(48):012x}",
        day=f"2026-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
    )
    return {**body, "messages": [{"role": "system", "content": filled}, *body["messages"]]}


def over_time(features: list[Features]) -> list[tuple[str, ...]]:
    """Returns how far buckets are the same after more traffic."""
    order = list(range(len(features)))
    random.Random(SEED).shuffle(order)
    half = [features[at] for at in order[: len(order) // 2]]
    first = scheme_of(half)
    grown = scheme_of(features, first)
    shuffled = scheme_of([features[at] for at in order])
    fresh, renamed = scheme_of(features), scheme_of(features, named_like=first)

    def row(title: str, some: list[Features], one: BucketScheme, other: BucketScheme) -> tuple[str, ...]:
        before, after = [one.bucket_of(each) for each in some], [other.bucket_of(each) for each in some]
        same = float(np.mean([a == b for a, b in zip(before, after, strict=True)]))
        return title, str(len(some)), f"{same:.1%}", f"{agreement(numbered(before), numbered(after)):.3f}"

    return [
        row("half of the week, and again with all of it", half, first, grown),
        row("the week, and again in another order", features, fresh, shuffled),
        row("half of the week, and all of it with `--fresh`", half, first, renamed),
    ]


def public_row(data: Path, name: str) -> tuple[str, ...]:
    """Returns how well prompts of public benchmarks are divided into their tasks."""
    frame = pl.read_parquet(data / "routing" / f"{name}.parquet", columns=["prompt_id", "prompt", "task"])
    frame = frame.unique("prompt_id").sort("prompt_id")
    frame = frame.filter(pl.int_range(pl.len()).shuffle(1).over("task") < PER_LABEL)
    features = [
        features_of({"messages": [{"role": "user", "content": prompt}]}) for prompt in frame["prompt"]
    ]
    labels = frame["task"].to_list()
    scheme = scheme_of(features)
    return (
        name,
        str(len(labels)),
        str(len(set(labels))),
        *scores([scheme.bucket_of(one) for one in features], labels),
    )


def costs(bodies: list[Body], scheme: BucketScheme) -> list[tuple[str, ...]]:
    """Returns CPU time per request, with nothing remembered from before."""
    long = [under_long(body) for body in bodies[:500]]
    rows = []
    for title, some in (("of the week (median 150 tokens)", bodies[:1000]), ("with 4,000 tokens more", long)):
        forget()
        view.forget()
        features, reading = timed(features_of, some)
        _, placing = timed(scheme.bucket_of, features)
        rows.append((title, f"{1e6 * reading / len(some):.0f} µs", f"{1e6 * placing / len(some):.0f} µs"))
    return rows


def under_long(body: Body) -> Body:
    """Returns a request with a long document before its question."""
    *rest, last = body["messages"]
    filler = "The committee met again and the minutes were read aloud to everyone. " * 300
    return {**body, "messages": [*rest, {**last, "content": f"{filler}\n{last['content']}"}]}


def timed(work: Callable[[Any], Any], some: Sequence[Any]) -> tuple[list[Any], float]:
    """Returns what some work makes of each, and the CPU seconds of all."""
    begun = time.process_time()
    result = [work(one) for one in some]
    return result, time.process_time() - begun


def week(data: Path) -> Sample:
    """Returns the bodies of the recorded week and their tags."""
    rows = list(read_week(data / "traffic"))
    return [row.request for row in rows], [row.feature for row in rows]


def features_of(body: Body) -> Features:
    """Returns the features of an untagged chat completion."""
    return read(Request(api="chat_completions", provider="openai", model="m", body=body))


def scheme_of(
    features: list[Features], previous: BucketScheme | None = None, named_like: BucketScheme | None = None
) -> BucketScheme:
    """Returns how requests divide."""
    rows = [row for row in map(row_of, features) if row is not None]
    return fit_scheme(rows, previous=previous, named_like=named_like)


def numbered(names: Sequence[str]) -> np.ndarray:
    """Returns a number for each name."""
    return np.unique(np.array(names), return_inverse=True)[1].astype(np.int64)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
