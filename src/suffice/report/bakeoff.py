"""What a bake-off's report says: for each use case and candidate what was found, in words, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from suffice.evidence.calibrating import JudgeReport
from suffice.evidence.result import TrialResult
from suffice.money import usd
from suffice.report.summary import as_set, dollars


class ShownAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of an example."""

    model: str
    """`provider/model`."""
    text: str
    """Its text and tool calls, whole; a page cuts it."""
    score: float | None = None
    finish: str | None = None
    digest: str = ""
    """Ties a rating to this very answer; empty where there is none."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a row, with both answers."""

    unit: str
    """The id of the logged call."""
    d: float | None
    """Candidate minus baseline; `None` is no verdict."""
    reason: str
    asked: str
    """The last thing that was asked."""
    expected: str | None = None
    baseline: ShownAnswer
    candidate: ShownAnswer


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How the graded units of a row fell out."""

    better: int = 0
    same: int = 0
    worse: int = 0
    mean_absolute: float | None = None
    """Mean of |candidate - baseline|: beside the noise floor."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One use case and candidate."""

    result: TrialResult
    counts: Counts = Counts()
    examples: tuple[Example, ...] = ()
    judge: JudgeReport | None = None
    """Where a judge graded."""

    @property
    def sample_nanos(self) -> int | None:
        """What one more sample costs: both answers; a judge's own calls are not in it."""
        costs = (self.result.baseline_cost_nanos, self.result.candidate_cost_nanos)
        return None if costs[0] is None or costs[1] is None else costs[0] + costs[1]


class NotTried(msgspec.Struct, frozen=True, kw_only=True):
    """A use case, or a candidate in one, that was not tried."""

    bucket: str
    candidate: str
    """Empty for all of them."""
    reason: str


class BakeoffReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is shown."""

    trial: str
    created_ns: int
    now_ns: int
    state: str
    said: str
    """Why the trial stands where it stands."""
    delta: float
    alpha: float
    price_date: str
    spent_nanos: int
    reuse_logged: bool = False
    rows: tuple[Row, ...] = ()
    not_tried: tuple[NotTried, ...] = ()

    @property
    def sure(self) -> str:
        """What each bound holds with, such as 95%."""
        return as_set(1 - self.alpha)

    def of_verdict(self, verdict: str) -> list[Row]:
        """Returns the rows of a verdict."""
        return [row for row in self.rows if row.result.verdict == verdict]

    @property
    def best(self) -> dict[str, TrialResult]:
        """By use case, the candidate that is as good and saves most: only one can serve. Advisory ones are left out."""
        found: dict[str, TrialResult] = {}
        for row in self.of_verdict("EQUIVALENT"):
            result = row.result
            other = found.get(result.bucket)
            if not result.advisory and (other is None or _saving(result) > _saving(other)):
                found[result.bucket] = result
        return found

    @property
    def month_nanos(self) -> int:
        """What those would save a month, where that is known."""
        return sum(result.monthly_saving_nanos or 0 for result in self.best.values())

    @property
    def at_stake_nanos(self) -> int | None:
        """What the baseline costs a month in all use cases that were tried; `None` where it is known of none."""
        # Of a use case with several candidates, the row that saw the most of it tells.
        rows = sorted(self.rows, key=lambda row: row.result.n)
        costs = {row.result.bucket: month_of_baseline(row.result) for row in rows}
        known = [cost for cost in costs.values() if cost is not None]
        return sum(known) if known else None


def _saving(result: TrialResult) -> float:
    return float("-inf") if result.monthly_saving_nanos is None else result.monthly_saving_nanos


def month_of_baseline(result: TrialResult) -> int | None:
    """Returns what the baseline costs a month in a use case; `None` where price or volume is unknown."""
    if result.baseline_cost_nanos is None or result.calls_per_month is None:
        return None
    return round(result.baseline_cost_nanos * result.calls_per_month)


def verdict_words(result: TrialResult) -> str:
    """Says a verdict in plain words."""
    sure = f"{as_set(1 - result.alpha)} sure"
    if result.verdict == "EQUIVALENT":
        at_most = f"at most {max(0.0, -result.lower):.3f} lower than the baseline's"
        level = "no lower than the baseline's" if result.lower >= 0 else at_most
        return f"As good, within the tolerance of {result.delta:g}: its mean score is {level} ({sure})."
    if result.verdict == "WORSE":
        return (
            f"Worse than the tolerance of {result.delta:g} allows: its mean score is at least {-result.upper:.3f} "
            f"lower than the baseline's ({sure}). The use case stays on the baseline."
        )
    return (
        f"Not decided: its mean score lies between {result.lower:+.3f} and {result.upper:+.3f} of the baseline's, and "
        f"the tolerance is {-result.delta:+g}. Until it is, the use case stays on the baseline."
    )


def flagship_words(result: TrialResult) -> str:
    """Says whether the baseline is demonstrably better."""
    if result.flagship_better:
        return f"Yes: by {-result.upper:.3f} at the least."
    return "No: these requests do not show it." if result.n else "Nothing is graded yet."


def noise_words(row: Row) -> str:
    """Says how far the baseline disagrees with itself, beside the candidate's disagreement with it."""
    noise, own = row.result.noise, row.counts.mean_absolute
    if noise.mean_absolute is None:
        return "Not measured: no request was answered twice by the baseline."
    beside = "" if own is None else f" The candidate differs from it by {own:.3f}."
    units = "1 request" if noise.n == 1 else f"{noise.n:,} requests"
    return f"Asked twice, the baseline differs from itself by {noise.mean_absolute:.3f} ({units}).{beside}"


def missing_words(result: TrialResult) -> str | None:
    """Says what could not be graded and what that can hide; `None` if everything was."""
    if not result.no_verdict:
        return None
    most = sorted(result.no_verdict_reasons.items(), key=lambda named: (-named[1], named[0]))
    reasons = ", ".join(f"{count:,} {code.replace('_', ' ')}" for code, count in most)
    worst = (
        ""
        if result.lower_if_lost is None
        else f" If all of them were losses, the lower bound would be {result.lower_if_lost:+.3f}."
    )
    what = "request has" if result.no_verdict == 1 else "requests have"
    return f"{result.no_verdict:,} {what} no verdict ({reasons}): in no mean.{worst}"


def more_words(row: Row) -> str:
    """Says what more samples would buy."""
    result = row.result
    if result.dropped is not None:
        return f"Sampling ended early: {result.dropped}."
    if result.verdict != "INCONCLUSIVE":
        return "Nothing for the verdict: it stands. More samples would narrow the bounds."
    left = result.population - result.asked if result.asked else result.population - result.n
    if left <= 0:
        return "Every request that could be drawn was drawn: only more traffic can decide it."
    if result.expected_more is None:
        return (
            f"It cannot be said: with the {left:,} requests that are left no verdict is expected, "
            "the difference is too near the tolerance."
        )
    cost = row.sample_nanos
    price = "at unknown cost" if cost is None else f"for about {dollars(cost * result.expected_more)}"
    more = f"About {result.expected_more:,} more requests {price}"
    return f"{more} are expected to bring a verdict; {left:,} are left."


def as_json(report: BakeoffReport) -> bytes:
    """Returns the report as JSON: money as whole nano-dollars (`*_nanos`), and in words what the page says."""
    document = {
        "trial": {
            "id": report.trial,
            "state": report.state,
            "said": report.said,
            "delta": report.delta,
            "alpha": report.alpha,
            "price_date": report.price_date,
            "reuse_logged": report.reuse_logged,
            "spent_nanos": report.spent_nanos,
            "spent_usd": usd(report.spent_nanos, places=9),
        },
        "month": {
            "baseline_nanos": report.at_stake_nanos,
            "saving_nanos": report.month_nanos,
            "best": {bucket: result.candidate for bucket, result in sorted(report.best.items())},
        },
        "rows": [_row(row) for row in report.rows],
        "not_tried": [msgspec.to_builtins(one) for one in report.not_tried],
    }
    return msgspec.json.format(msgspec.json.encode(_plain(document)), indent=2)


def _row(row: Row) -> dict[str, Any]:
    result = row.result
    return {
        **msgspec.to_builtins(result),
        "baseline_month_nanos": month_of_baseline(result),
        "counts": msgspec.to_builtins(row.counts),
        "words": {
            "verdict": verdict_words(result),
            "flagship_better": flagship_words(result),
            "noise": noise_words(row),
            "no_verdict": missing_words(result),
            "more_samples": more_words(row),
        },
        "judge": None if row.judge is None else msgspec.to_builtins(row.judge),
        "examples": [msgspec.to_builtins(example) for example in row.examples],
    }


def _plain(value: Any) -> Any:
    """Answers may hold half a surrogate pair, which has no place in JSON."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [_plain(item) for item in value]
    return value
