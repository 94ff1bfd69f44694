"""How far graders of our own agree with the benchmark's recorded scores, on the recorded week.

    make bench-graders DATA=../shared/data/traffic

Where the week has right answers, each model's raw answers are graded against them. Tool features have none: there the
candidate's calls are held against the baseline's, the arguments of every call against the tool's schema, and for
tool-relevance (where the benchmark's rule is that nothing may be called) against an empty list of calls. Writes the
tables of docs/graders.md (docs/templates/graders-agreement.md); `--disagreements N` prints some of what differs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import polars as pl

from suffice.config import GraderSettings
from suffice.evidence import graders
from suffice.evidence.compare import difference
from suffice.evidence.grading import Answered, PairScorer, Sample, Scorer
from suffice.evidence.metrics import Agreement, agreement
from suffice.features.answers import read_answer
from suffice.testing.recorded_week import read_lines, week_file

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "templates" / "graders-agreement.md"
BASELINE = "gpt-4o-2024-08-06"

RIGHT_ANSWERS = {
    "word-problems": GraderSettings(kind="numeric", field="answer"),
    "competition-math": GraderSettings(kind="numeric", field="answer"),
    "code-output": GraderSettings(kind="exact", field="answer", literals=True),
    "tool-relevance": GraderSettings(kind="tool_calls"),
}
TOOLS = ("tool-calls", "parallel-tool-calls", "sdk-calls", "api-calls", "tool-relevance")
AGAINST_BASELINE = GraderSettings(
    kind="tool_calls", reference="baseline", ignore_case=True, ignore_optional=True, loose_numbers=True
)
SCHEMA = GraderSettings(kind="json_schema")


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    sample: Sample
    answers: Mapping[str, Answered]
    recorded: Mapping[str, float]


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    feature: str
    model: str
    settings: GraderSettings
    units: list[Unit]
    ours: list[float | None]
    theirs: list[float]

    @property
    def agreement(self) -> Agreement:
        return agreement(self.ours, self.theirs)

    def row(self) -> list[str]:
        found = self.agreement
        known = [value for value in self.ours if value is not None]
        scored = [theirs for value, theirs in zip(self.ours, self.theirs, strict=True) if value is not None]
        return [
            self.feature,
            self.model,
            str(found.n),
            str(found.no_verdict),
            _percent(sum(known) / len(known)) if known else "-",
            _percent(sum(scored) / len(scored)) if scored else "-",
            "-" if found.value is None else _percent(found.value),
            "-" if found.kappa is None else f"{found.kappa:.2f}",
        ]


def read(path: Path) -> dict[str, list[Unit]]:
    answers: dict[str, dict[str, Answered]] = {}
    recorded: dict[str, dict[str, float]] = {}
    table = pl.read_parquet(week_file(path).with_name("answers.parquet"))
    for unit, model, message, score in table.select("request_id", "model", "message", "score").iter_rows():
        said = json.loads(message)
        choice = {"message": said, "finish_reason": "tool_calls" if said.get("tool_calls") else "stop"}
        answer = read_answer("chat_completions", {"model": model, "choices": [choice]})
        assert answer is not None
        answers.setdefault(unit, {})[model] = answer
        recorded.setdefault(unit, {})[model] = score
    units: dict[str, list[Unit]] = {}
    for line in read_lines(week_file(path)):
        row = msgspec.json.decode(line)
        # Such is the rule of this part of the benchmark: none of the offered tools can help.
        expected = [] if row["feature"] == "tool-relevance" else row["expected"]
        sample = Sample(id=row["id"], bucket=row["feature"], request=row["request"], expected=expected)
        unit = Unit(sample=sample, answers=answers[row["id"]], recorded=recorded[row["id"]])
        units.setdefault(row["feature"], []).append(unit)
    return units


async def compared(feature: str, units: list[Unit], settings: GraderSettings) -> list[Compared]:
    grader = graders.make(settings)
    found = []
    for model in sorted(units[0].recorded):
        if settings.reference == "baseline" and model == BASELINE:
            continue
        ours = [await _graded(grader, unit, model) for unit in units]
        theirs = [unit.recorded[model] for unit in units]
        found.append(
            Compared(feature=feature, model=model, settings=settings, units=units, ours=ours, theirs=theirs)
        )
    return found


async def _graded(grader: Scorer | PairScorer, unit: Unit, model: str) -> float | None:
    if hasattr(grader, "compare"):
        found = await difference(grader, unit.sample, unit.answers[BASELINE], unit.answers[model])
        return None if found.d is None else found.d + 1
    return (await grader.score(unit.sample, unit.answers[model])).value


HEAD = ["feature", "model", "graded", "no verdict", "good by ours", "good as recorded", "agreement", "kappa"]


def page(tables: Mapping[str, list[Compared]]) -> str:
    parts = []
    for title, rows in tables.items():
        parts += [title, "", _table(HEAD, [row.row() for row in rows]), ""]
    parts += [_against_baseline(tables), ""]
    return "\n".join(parts)


def _against_baseline(tables: Mapping[str, list[Compared]]) -> str:
    """What the difference against the baseline's answer says beside the recorded one."""
    rows = []
    for one in (one for rows in tables.values() for one in rows if one.settings.reference == "baseline"):
        pairs = [
            (ours - 1, theirs - unit.recorded[BASELINE], unit.recorded[BASELINE])
            for ours, theirs, unit in zip(one.ours, one.theirs, one.units, strict=True)
            if ours is not None
        ]
        right = [(ours, theirs) for ours, theirs, baseline in pairs if baseline == 1]
        same = sum((ours == 0) == (theirs == 0) for ours, theirs in right)
        rows.append(
            [
                one.feature,
                one.model,
                str(len(pairs)),
                f"{sum(ours for ours, _, _ in pairs) / len(pairs):+.3f}",
                f"{sum(theirs for _, theirs, _ in pairs) / len(pairs):+.3f}",
                _percent(same / len(right)) if right else "-",
            ]
        )
    title = (
        "Mean difference from the baseline, ours beside the recorded one, "
        "and agreement where the baseline is right:"
    )
    head = [
        "feature",
        "candidate",
        "graded",
        "mean d, ours",
        "mean d, recorded",
        "agreement where baseline is right",
    ]
    return f"{title}\n\n{_table(head, rows)}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * 2 + ["---:"] * (len(head) - 2), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _percent(value: float) -> str:
    return f"{value:.1%}"


def disagreements(rows: list[Compared], most: int) -> Iterator[str]:
    for row in rows:
        differ = [
            (unit, ours, theirs)
            for unit, ours, theirs in zip(row.units, row.ours, row.theirs, strict=True)
            if ours is not None and (ours >= 0.5) != (theirs >= 0.5)
        ]
        for unit, ours, theirs in differ[:: max(1, len(differ) // most)][:most]:
            answer, baseline = unit.answers[row.model], unit.answers[BASELINE]
            yield f"{row.feature} {row.model} {unit.sample.id}: ours {ours:g}, recorded {theirs:g}"
            yield f"    expected {unit.sample.expected!r}; baseline recorded {unit.recorded[BASELINE]:g}"
            yield f"    baseline  {_shown(baseline)}"
            yield f"    candidate {_shown(answer)}"


def _shown(answer: Answered) -> str:
    calls = [[call.name, call.arguments] for call in answer.tool_calls]
    return json.dumps(calls, ensure_ascii=False)[:600] if calls else repr(answer.text[-300:])


async def measured(path: Path) -> dict[str, list[Compared]]:
    units = read(path)
    right = [row for name, how in RIGHT_ANSWERS.items() for row in await compared(name, units[name], how)]
    against = [row for name in TOOLS for row in await compared(name, units[name], AGAINST_BASELINE)]
    schema = [row for name in TOOLS for row in await compared(name, units[name], SCHEMA)]
    return {
        "Against right answers: `numeric` on the `answer` field, `exact` with `literals` for code-output, `tool_calls` "
        "with an empty list expected for tool-relevance:": right,
        'Tool calls against the baseline\'s (`reference = "baseline"`, with `ignore_case`, `ignore_optional` and '
        "`loose_numbers`): "
        '"good" is the same calls as the baseline\'s:': against,
        'Arguments of tool calls against the tools\' schemas (`json_schema`): "good" is valid, which is far less than '
        "right; an answer that calls nothing gets no verdict:": schema,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "traffic")
    parser.add_argument(
        "--disagreements", type=int, default=0, help="print so many of each feature and model"
    )
    parser.add_argument(
        "--print", action="store_true", dest="only_print", help="print the tables, write nothing"
    )
    options = parser.parse_args()
    tables = asyncio.run(measured(options.data))
    if options.disagreements:
        for rows in tables.values():
            print("\n".join(disagreements(rows, options.disagreements)))
        return
    text = page(tables)
    if options.only_print:
        print(text)
        return
    PAGE.write_text(text, "utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}; now `make docs`")


if __name__ == "__main__":
    main()
