"""The page task-types.md: the kinds of task, what speaks for each, and how well they are recognised on the test set."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from suffice.features import read
from suffice.features.task import TASKS
from suffice.features.task.evidence import HEAD_CHARS, TAIL_CHARS
from suffice.features.task.recognise import DOUBT, EASY_SHARE, SURE
from suffice.features.task.weights import read_weights
from suffice.types import Request

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "golden" / "tasks"
NONE = "none"
KINDS = (*TASKS, NONE)
WORDS = 10
TIERS = ("nano", "mini", "flagship", NONE)

HEAD = """\
# Kinds of task

The layer `task_type` knows 22 kinds of task, each with the tier that serves it by default. They are priors for
a cold start: evidence from your own traffic overrides them. What is none of the kinds stays with the model that
was asked for.

## What is looked at

- The words and pairs of neighbouring words in the first {head} and the last {tail} characters of the
  instructions and of the last user turn. What is asked stands at an end; what lies between is data.
- Marks of structure: tools and their results, a form for the answer and how many labels it allows, the limit of
  the answer, code, file names, numbered documents, lettered answers, formulas, numbers with a question for a quantity.

Below, a mark stands in angle brackets, and every digit reads as 0.

Each piece of evidence adds its weight to each kind (a multinomial logistic regression, {pieces:,} pieces, one
byte each). `scripts/fit_task_types.py` fits the weights on prompts made from the templates in
`scripts/task_types/` and on the `tune` half of the test set. Then:

- A request is taken for nano or mini work only if those kinds together have a probability of {easy:.0%} or more,
  and for nano work only if the flagship kinds together have less than {doubt:.0%}: a doubt costs money and not quality.
- A kind is named only if its own probability is {sure:.0%} or more.
- Tools offered mean `tool_orchestration`, and a tool's result at the end `agent_step`, up to 20 tools; flagship
  work beside tools stays what it is.
- Labels are counted where they are listed: fewer than five make `few_labels`, more `classification`. Lettered answers
  to an exam question make neither.
- Words about models, tiers and routers carry no weight: a caller cannot talk its way into a tier.
"""

SET = """\
## How well it works

The test set, `tests/golden/tasks/`, holds {count} prompts of our own: every kind and none, {other} of them not in
English, in all three client APIs, from one line to several pasted documents. Half is marked `tune`: the weights
were fitted on it too, so its figures say little. The other half, `test`, was never fitted on,
nor were settings chosen by it; its total was looked at now and then on the way.
Both halves and the templates have the same authors, so traffic of your own will look less like the
templates than the test half does.
"""


def page(table: Callable[[list[str], Iterable[Iterable[str]]], str]) -> str:
    """Returns task-types.md; the tables are written by `table(head, rows)`."""
    rows = [*_rows()]
    found = [(row, _name(recognised(row))) for row in rows]
    weights = read_weights()
    test = [(row["category"] or NONE, kind) for row, kind in found if row["split"] == "test"]
    other = sum(row["language"] != "en" for row in rows)
    return "\n".join(
        [
            HEAD.format(
                head=HEAD_CHARS,
                tail=TAIL_CHARS,
                pieces=len(weights.pieces),
                easy=EASY_SHARE,
                doubt=DOUBT,
                sure=SURE,
            ),
            "## The kinds\n",
            table(["kind", "default tier", "speaks most for it"], _kinds()),
            SET.format(count=len(rows), other=other),
            table(["figure", "tune", "test"], _figures(found)),
            "### The test half by tier\n",
            "Rows: the true kind's tier. Columns: the recognised kind's.\n",
            table(["", *TIERS], _tiers(test)),
            "### The test half by kind\n",
            table(["kind", "prompts", "recall", "precision", "taken for"], _by_kind(test)),
            "### Confusion matrix of the test half\n",
            "Rows: the true kind. Columns, by number: the recognised kind. Empty is 0.\n",
            table(["", "", *map(str, range(1, len(KINDS) + 1))], _matrix(test)),
        ]
    )


def _rows() -> Iterator[Mapping[str, Any]]:
    for path in sorted(GOLDEN.glob("*.jsonl")):
        yield from map(json.loads, path.read_text("utf-8").splitlines())


def recognised(row: Mapping[str, Any]) -> str | None:
    """Returns the kind that a prompt of the set is taken for."""
    provider = "anthropic" if row["api"] == "messages" else "openai"
    return read(Request(api=row["api"], provider=provider, model=row["body"]["model"], body=row["body"])).task


def _name(task: str | None) -> str:
    return task or NONE


def _tier(kind: str) -> str:
    return TASKS.get(kind, NONE)


def _kinds() -> Iterator[list[str]]:
    weights = read_weights()
    width, none = len(weights.kinds), weights.kinds.index(NONE)
    steps = memoryview(weights.steps).cast("b")
    for kind in TASKS:
        at = weights.kinds.index(kind)
        # Against what is none of the kinds; the second weight keeps what speaks for several kinds behind.
        margin = {
            piece: steps[row * width + at] * 2
            - steps[row * width + none]
            - max(steps[row * width + other] for other in range(width) if other not in {at, none})
            for row, piece in enumerate(weights.pieces)
            if piece.isascii()
        }
        best = sorted(margin, key=lambda piece: (-margin[piece], piece))[:WORDS]
        yield [f"`{kind}`", TASKS[kind], ", ".join(f"`{piece}`" for piece in best)]


def _figures(found: Sequence[tuple[Mapping[str, Any], str]]) -> Iterator[list[str]]:
    halves = [[one for one in found if one[0]["split"] == split] for split in ("tune", "test")]
    pairs = [[(row["category"] or NONE, kind) for row, kind in half] for half in halves]
    yield ["prompts", *(str(len(half)) for half in halves)]
    yield ["right", *(_share(true == kind for true, kind in half) for half in pairs)]
    yield ["mean recall of the kinds", *(_mean(_recall(half, kind) for kind in KINDS) for half in pairs)]
    yield [
        "mean precision of the kinds",
        *(_mean(_precision(half, kind) for kind in KINDS) for half in pairs),
    ]
    yield ["right tier", *(_share(_tier(true) == _tier(kind) for true, kind in half) for half in pairs)]
    for words, english in (("right, in English", True), ("right, in other languages", False)):
        yield [
            words,
            *(
                _share(
                    (row["category"] or NONE) == kind
                    for row, kind in half
                    if (row["language"] == "en") == english
                )
                for half in halves
            ),
        ]
    for tier in ("nano", "mini"):
        yield [
            f"flagship taken for {tier}",
            *(
                str(sum(_tier(true) == "flagship" and _tier(kind) == tier for true, kind in half))
                for half in pairs
            ),
        ]


def _share(hits: Iterable[bool]) -> str:
    counted = list(hits)
    return f"{sum(counted) / len(counted):.1%}"


def _mean(values: Iterable[float]) -> str:
    counted = list(values)
    return f"{sum(counted) / len(counted):.1%}"


def _recall(pairs: Sequence[tuple[str, str]], kind: str) -> float:
    ours = [found for true, found in pairs if true == kind]
    return ours.count(kind) / len(ours)


def _precision(pairs: Sequence[tuple[str, str]], kind: str) -> float:
    named = [true for true, found in pairs if found == kind]
    return named.count(kind) / len(named) if named else 0.0


def _tiers(pairs: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
    count = Counter((_tier(true), _tier(found)) for true, found in pairs)
    for true in TIERS:
        yield [f"**{true}**", *(str(count[true, found]) for found in TIERS)]


def _by_kind(pairs: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
    for kind in KINDS:
        wrong = Counter(found for true, found in pairs if true == kind != found)
        yield [
            f"`{kind}`",
            str(sum(true == kind for true, _ in pairs)),
            f"{_recall(pairs, kind):.0%}",
            f"{_precision(pairs, kind):.0%}",
            ", ".join(
                f"{found} {number}"
                for found, number in sorted(wrong.items(), key=lambda one: (-one[1], one[0]))
            ),
        ]


def _matrix(pairs: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
    count = Counter(pairs)
    for number, true in enumerate(KINDS, 1):
        yield [
            str(number),
            f"`{true}`",
            *(
                f"**{count[true, found]}**" if true == found else str(count[true, found] or "")
                for found in KINDS
            ),
        ]
