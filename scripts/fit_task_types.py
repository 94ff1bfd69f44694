"""Fits the weights by which kinds of task are recognised: src/suffice/features/task/weights.msgpack.

    .venv/bin/python scripts/fit_task_types.py [--per-kind 4000] [--folds 5] [--write]

Learns from prompts that it makes from the templates in scripts/task_types/ (seeded, so that a run repeats) and from
the lines of tests/golden/tasks/ that are marked `tune`. Lines marked `test` are never read. Prints how often a
model fitted on the templates alone is right on the `tune` lines: the figure by which choices were made.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from template_writer import Writer

from suffice.features import read
from suffice.features.task.ask import TASKS, Ask
from suffice.features.task.evidence import Piece, pieces_of
from suffice.features.task.recognise import named
from suffice.features.task.weights import FILE, Votes, Weights
from suffice.types import Request

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ROOT / "scripts" / "task_types"
GOLDEN = ROOT / "tests" / "golden" / "tasks"
TO = ROOT / "src" / "suffice" / "features" / "task" / FILE
KINDS = (*TASKS, "none")
MOST_PIECES = 5_500
WORDS_DROPPED, PAIRS_DROPPED = 0.35, 0.6
WHOLE = 0.35
"""The share of prompts that keep all their words."""
NONE_WEIGHT = 0.6
CERTAIN = frozenset(["<tools>", "<after a tool>"])
"""Marks that a request of such a kind never lacks."""
BARE = 0.25
"""The share of prompts whose data is left out, as if it came in an earlier turn or was forgotten."""
NOT_READ = frozenset(
    [
        "model", "models", "tier", "tiers", "router", "routers", "routing", "route", "nano", "mini",
        "flagship", "gpt", "claude", "gemini", "haiku", "opus", "sonnet", "llm", "llms", "cheap",
        "cheapest", "expensive", "important", "urgently", "please", "best", "ignore", "routed",
    ]
)  # fmt: skip
"""Words that must not move a kind: a caller cannot talk its way into a tier."""
FUNCTION_WORDS = frozenset(
    [
        "a", "an", "the", "of", "or", "by", "these", "those", "this", "that", "them", "they",
        "their", "there", "then", "than", "as", "and", "but", "if", "so", "in", "on", "at", "to",
        "from", "for", "with", "without", "into", "over", "under", "about", "after", "before",
        "between", "through", "during", "up", "down", "out", "off", "is", "are", "was", "were",
        "be", "been", "being", "am", "has", "have", "had", "do", "does", "did", "will", "would",
        "can", "could", "should", "may", "might", "must", "shall", "it", "its", "he", "she", "his",
        "her", "him", "we", "our", "us", "i", "me", "my", "you", "your", "who", "whom", "whose",
        "which", "when", "where", "while", "because", "any", "some", "all", "each", "every", "both",
        "either", "neither", "no", "not", "nor", "one", "two", "three", "other", "another", "such",
        "same", "only", "own", "also", "just", "even", "too", "very", "more", "most", "much",
        "many", "few", "less", "least", "how", "why", "what", "it", "s", "t", "e", "b", "c", "d",
        "x", "n", "de", "la", "le", "les", "el", "los", "las", "un", "une", "una", "der", "die",
        "das", "den", "dem", "des", "ein", "eine", "und", "et", "y", "o", "e", "u", "en", "du",
        "da", "do", "em", "que", "qui", "se", "sur", "por", "para", "com", "con", "auf", "im", "zu",
        "der", "mit", "von", "für", "ist", "est", "es", "son", "pour", "dans", "di", "il", "che",
    ]
)  # fmt: skip
"""Words that every text has: alone they say nothing, in pairs they may."""
_DATA_SLOT = re.compile(r"\n@(?:passages|multidoc|code|code_head|doc_long|functions|diff)\b|^@code_head$")

Sample = tuple[str, set[Piece]]


def samples(per_kind: int, seed: int) -> Iterator[Sample]:
    """Yields made prompts of every kind."""
    rng = random.Random(seed)  # noqa: S311 -- seeded, for a fit that repeats
    pools = tomllib.loads((TEMPLATES / "pools.toml").read_text("utf-8"))
    writer = Writer(pools, rng)
    for path in sorted(TEMPLATES.glob("*.toml")):
        if path.name == "pools.toml":
            continue
        for kind, part in tomllib.loads(path.read_text("utf-8")).items():
            parts = [part, *(value for value in part.values() if isinstance(value, dict))]
            # Half of what is none of the kinds looks like much else: it takes the most examples.
            number = per_kind * (4 if kind == "none" else 1) // len(parts)
            for one in parts:
                for _ in range(int(number * one.get("share", 1))):
                    found = pieces_of(_ask(writer, rng, one))
                    yield kind, found if "share" in one else _thinned(rng, found)


def _thinned(rng: random.Random, found: set[Piece]) -> set[Piece]:
    # Real prompts share only some of a template's words: what leans on one phrase must not be enough.
    if rng.random() < WHOLE:
        return found
    ordered = sorted(found, key=_written)
    return {
        piece
        for piece in ordered
        if piece in CERTAIN or rng.random() >= (WORDS_DROPPED if isinstance(piece, str) else PAIRS_DROPPED)
    }


def _ask(writer: Writer, rng: random.Random, part: Mapping[str, Any]) -> Ask:
    template = rng.choice(part["ask"])
    if rng.random() < BARE and len(bare := _DATA_SLOT.sub("", template).strip()) > 30:
        template = bare
    asked = writer.text(template).replace("\x01", "{").replace("\x02", "}")
    if part.get("framed") and rng.random() < 0.45:
        asked = _framed(rng, asked)
    pools = [name for name in part.get("data", ["none"]) if name != "none"]
    kind_of_data = rng.choice(part.get("data") or ["none"])
    system, question = "", asked
    if "\n" not in asked and kind_of_data != "none" and pools:
        data = _data(writer, rng, kind_of_data)
        place = rng.random()
        if part.get("unasked") and place < 0.6:
            return _made(rng, part, "", data)
        if place < 0.4:
            question = (
                asked
                + rng.choice(["\n\n", "\n", " "])
                + rng.choice(["", "", "Text: ", "Input: "])
                + _quoted(rng, data)
            )
        elif place < 0.5:
            question = f"{data}\n\n{asked}"
        elif place < 0.9:
            system, question = asked, data
        # Else the data is not there: a bare request.
    elif rng.random() < 0.12:
        system = rng.choice(
            [
                "You are a helpful assistant.",
                "You are a helpful assistant.",
                "Be concise.",
                "You work for a small company.",
                "Answer in the user's language.",
            ]
        )
    return _made(rng, part, system, question)


def _data(writer: Writer, rng: random.Random, pool: str) -> str:
    if pool in {"passages", "multidoc"}:
        return writer.text(f"@{pool}")
    number = rng.choice([1, 1, 1, 2, 3, 6])
    parts = [rng.choice(writer.pools[pool]) for _ in range(number)]
    if rng.random() < 0.1:
        parts += [
            rng.choice(
                writer.pools[
                    rng.choice(["document", "email", "log", "code", "chat", "question", "user_ask", "topic"])
                ]
            )
        ]
    return rng.choice(["\n", "\n\n", " "]).join(parts)


def _framed(rng: random.Random, asked: str) -> str:
    head = [
        "",
        "",
        "## Question\n\n",
        "# Problem\n\n",
        "Question: ",
        "Here is a problem. ",
        "Please answer the question below.\n\n",
        "You are an expert. Solve the task.\n\n",
        "Answer the question below and explain briefly.\n\n",
    ]
    tail = [
        '\n\n## Instructions\n\nReason, then answer in this json format:\n\n{"reasoning": "___", "answer": "___"}',
        "\n\nReturn a JSON object with the keys reasoning and answer.",
        "\n\nLet's think step by step.",
        "\nAnswer:",
        "\n\nPut the final answer after ####.",
        "\n\nGive your final answer in \\boxed{}.",
        "\n\nExplain your reasoning and then state the answer on the last line as 'Answer: X'.",
        '\n\nPlease answer with only the final result, in json: {"answer": ""}',
        "",
    ]
    return rng.choice(head) + asked + rng.choice(tail)


def _quoted(rng: random.Random, data: str) -> str:
    return rng.choice(["{}", "{}", '"{}"', "'{}'", "<text>{}</text>", "«{}»", "```\n{}\n```"]).replace(
        "{}", data
    )


def _made(rng: random.Random, part: Mapping[str, Any], system: str, question: str) -> Ask:
    body: dict[str, Any] = {"messages": [{"role": "user", "content": question}]}
    if system:
        body["messages"].insert(0, {"role": "system", "content": system})
    if part.get("tools") or part.get("after_tool") or rng.random() < 0.01:
        schema = {"type": "object", "properties": {"x": {"type": "string"}}}
        body["tools"] = [
            {"type": "function", "function": {"name": f"t{n}", "parameters": schema}}
            for n in range(rng.randint(1, 5))
        ]
    if part.get("after_tool"):
        body["messages"].append({"role": "tool", "content": "ok"})
    return _ask_of(Request(api="chat_completions", provider="openai", model="m", body=body))


def _ask_of(request: Request) -> Ask:
    features = read(request)
    return Ask(
        instructions=features.instructions.lower(),
        question=features.question.lower(),
        tools=features.tools,
        contract=features.contract,
        after_tool=features.after_tool,
        input_tokens=features.input_tokens,
        output_limit=features.output_limit,
    )


def tune_lines() -> Iterator[Sample]:
    """Yields the hand-written prompts that may be learned from."""
    for path in sorted(GOLDEN.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            if row["split"] == "tune":
                request = Request(api=row["api"], provider="openai", model="m", body=row["body"])
                yield row["category"] or "none", pieces_of(_ask_of(request))


def fit(learned: Sequence[Sample], weight: Sequence[float], strength: float) -> Weights:
    """Returns the weights of a multinomial logistic regression, in steps of one byte."""
    counts = Counter(piece for _, found in learned for piece in found if not _is_unread(piece))
    often = sorted(counts, key=lambda piece: (-counts[piece], _written(piece)))
    pieces = [piece for piece in often[:MOST_PIECES] if counts[piece] >= 5]
    column = {piece: index for index, piece in enumerate(pieces)}
    rows, columns = [], []
    for row, (_, found) in enumerate(learned):
        known = [column[piece] for piece in found if piece in column]
        rows += [row] * len(known)
        columns += known
    matrix = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), (len(learned), len(pieces)))
    model = LogisticRegression(C=strength, max_iter=300, tol=1e-3)
    order = {kind: index for index, kind in enumerate(KINDS)}
    model.fit(matrix, [order[kind] for kind, _ in learned], sample_weight=weight)
    # Of a piece's weights only the differences between kinds matter.
    coefficients = model.coef_ - model.coef_.mean(axis=0)
    scale = float(np.abs(coefficients).max()) / 127
    steps = np.rint(coefficients.T / scale).astype(np.int8)
    kept = np.flatnonzero(np.abs(steps).max(axis=1) >= 2)
    return Weights(
        kinds=KINDS,
        scale=scale,
        start=tuple(float(value) for value in model.intercept_ - model.intercept_.mean()),
        pieces=tuple(_written(pieces[index]) for index in kept),
        steps=steps[kept].tobytes(),
    )


def _written(piece: Piece) -> str:
    return piece if isinstance(piece, str) else " ".join(piece)


def _is_unread(piece: Piece) -> bool:
    if isinstance(piece, str):
        return piece in NOT_READ or piece in FUNCTION_WORDS or piece.strip("0") == ""
    return not NOT_READ.isdisjoint(piece)


def right(weights: Weights, asked: Sequence[Sample]) -> float:
    """Returns the share of prompts whose kind is named."""
    model = Votes(weights)
    return sum((named(KINDS, model.of(found)) or "none") == kind for kind, found in asked) / len(asked)


def main() -> None:
    """Fits, says how good it is, and writes the file if asked to."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--per-kind", type=int, default=4_000)
    options.add_argument("--strength", type=float, default=2.0)
    options.add_argument("--tune-weight", type=float, default=5.0)
    options.add_argument(
        "--folds", type=int, default=0, help="also hold out the tune lines in this many folds"
    )
    options.add_argument("--write", action="store_true")
    asked = options.parse_args()
    made, tune = list(samples(asked.per_kind, seed=22)), list(tune_lines())
    alone = fit(made, [NONE_WEIGHT if kind == "none" else 1.0 for kind, _ in made], asked.strength)
    print(
        f"{len(made)} made prompts; fitted on them alone: {right(alone, tune):.3f} of {len(tune)} tune lines right"
    )
    hits = 0.0
    for fold in range(asked.folds):
        held = tune[fold :: asked.folds]
        rest = [line for index, line in enumerate(tune) if index % asked.folds != fold]
        weights = fit(
            [*made, *rest],
            [NONE_WEIGHT if kind == "none" else 1.0 for kind, _ in made] + [asked.tune_weight] * len(rest),
            asked.strength,
        )
        hits += right(weights, held) * len(held)
    if asked.folds:
        print(f"with the other tune lines, {asked.folds} folds: {hits / len(tune):.3f}")
    if asked.write:
        weights = fit(
            [*made, *tune],
            [NONE_WEIGHT if kind == "none" else 1.0 for kind, _ in made] + [asked.tune_weight] * len(tune),
            asked.strength,
        )
        data = msgspec.msgpack.encode(weights)
        TO.write_bytes(data)
        print(f"{TO.relative_to(ROOT)}: {len(weights.pieces)} pieces, {len(data)} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
