"""Writes docs/bakeoff.md: every figure on it comes from the run."""

from __future__ import annotations

from typing import Any

from bakeoff import rules
from bakeoff.played import ALPHA
from bakeoff.recorded import BASELINE
from stats.page import table

PAGE = """\
<!-- Made by `make bench-bakeoff ARGS=--write`: run it again, do not edit. -->

# How often a bake-off is right

On the recorded week ({requests:,} requests in {buckets} buckets, its features) each of five models really answered
each request, and the benchmark's own grader scored every answer. So the truth is known: a candidate is equivalent in a
bucket if its mean score over *all* of the bucket's requests is less than the tolerance below that of
{baseline}. This page plays {repeats} bake-offs of all {rows} rows (bucket x candidate) at each tolerance, each
with another random sample, and counts what each rule gets right. Sample, sequence and verdict are the product's own
(`suffice.evidence.sample`, `.trial`, the sweeps of `.runner`); what is not tried here is asking and grading.

    make bench-bakeoff DATA=path/to/shared/data/traffic ARGS=--write

{tolerances}

## What a certificate speaks of

Samples are drawn without replacement from a week, and bounds are of *that week*: once all of a bucket has been asked,
the verdict is certain, of the past. Here the recorded week is taken for endless traffic, of which each of
{new_repeats} bake-offs sees a week of the same size (tolerance {new_delta:g}, buckets asked to the end if need be). A
certificate is wrong if the candidate is not equivalent in that endless traffic.

{new}

{new_words}

suffice certifies the week, lets the certificate expire after 30 days, and leaves what comes next to the drift
conditions and to the live guard.

## How this is measured

- **Single verdict**: looked at every 20 units, a row ends EQUIVALENT when its lower bound passes -delta (alpha
  {alpha:g}), WORSE when its upper bound does. The first 20 are a screen too: an e-value of 5 against "within the
  tolerance" drops the row. **e-BH**: rows go on until e-BH over all {rows} rows certifies them, at a false discovery
  rate of {alpha:g}. A cap ends a row without a verdict.
- **Fixed size, one look**: for each row the size that has {power:.0%} power if there is no difference, with the row's
  *true variance*, which nobody knows in advance (normal approximation, finite population correction, at least 20), then
  one t bound at alpha {alpha:g}.
- **20 calls, mean within tolerance** and **20 of 20 not worse** are what is done by hand: twenty requests, and the mean
  difference is at least -delta; or the candidate is worse in none of them.
- **Wrong, of those issued**: EQUIVALENT verdicts whose candidate is not. **Worst row**: the row that is not
  equivalent and was certified most often. **Found**: truly equivalent rows certified. **Calls**: of the candidates,
  and of the baseline, which all candidates of a bucket share; a noise floor adds a tenth to the baseline's.
- Strata of prompt length; up to 3 requests of a bucket are set aside so that strata are equal.
- Scores are 0 or 1, so differences are -1, 0 and 1.
- The shares that the bets are spread over were chosen on simulated values, some of them with the losses, wins and sizes
  of rows of this week ([decision 7](decisions/0007-betting-of-our-own.md)). That touches how much is found and how
  fast, by some percent, not how often a verdict is wrong.
"""

TOLERANCE = """\
## Tolerance {delta:g}

{good} of {rows} rows are truly equivalent.

{rules}

{words}

Each row; shares of the {repeats} bake-offs. *Units*: mean until the single verdict.

{each}
"""

HEADS = (
    "rule",
    "EQUIVALENT",
    "wrong, of those issued",
    "wrong, of rows that are not equivalent",
    "worst row",
    "found",
    "units, equivalent rows",
    "units, others",
    "calls in all",
)


def page(found: dict[str, Any]) -> str:
    """Returns the page."""
    first, new = found["tolerances"][0], found["next_week"]
    return PAGE.format(
        requests=found["requests"],
        buckets=found["buckets"],
        baseline=BASELINE,
        repeats=first["repeats"],
        rows=len(first["rows"]),
        tolerances="\n".join(_tolerance(one) for one in found["tolerances"]),
        alpha=ALPHA,
        power=rules.POWER,
        new_repeats=new["repeats"],
        new_delta=new["delta"],
        new=table(
            ("bounds of", "wrong, of rows that are not equivalent", "worst row", "found"),
            (
                (name, _share(one["wrong_of_bad"]), _share(one["worst_row"]), _share(one["found"]))
                for name, one in (("the week", new["week"]), ("endless traffic", new["endless"]))
            ),
        ),
        new_words=_carried(new),
    )


def _tolerance(found: dict[str, Any]) -> str:
    return TOLERANCE.format(
        delta=found["delta"],
        good=found["good"],
        rows=len(found["rows"]),
        repeats=found["repeats"],
        rules=table(HEADS, (_rule(name, one) for name, one in found["rules"].items())),
        words=_words(found),
        each=table(
            (
                "bucket, candidate",
                "requests",
                "losses / wins",
                "difference",
                "EQUIVALENT",
                "at most 200",
                "e-BH",
                "dropped or WORSE",
                "units",
                "fixed size",
                "mean of 20",
                "20 of 20",
            ),
            (_row(row, found["delta"]) for row in found["rows"]),
        ),
    )


def _rule(name: str, one: dict[str, float]) -> tuple[str, ...]:
    return (
        name,
        f"{one['issued']:.1f}",
        _share(one["wrong_of_issued"]),
        _share(one["wrong_of_bad"]),
        _share(one["worst_row"]),
        _share(one["found"]),
        f"{one['units_good']:.0f}",
        f"{one['units_bad']:.0f}",
        f"{one['calls']:,.0f}",
    )


def _row(row: dict[str, Any], delta: float) -> tuple[str, ...]:
    certified = row["certified"]
    name = f"{row['bucket']}, {row['candidate']}"
    return (
        f"**{name}**" if row["truth"] > -delta else name,
        f"{row['size']}",
        f"{100 * row['losses']:.1f}% / {100 * row['wins']:.1f}%",
        f"{row['truth']:.3f}",
        _whole(certified[rules.SINGLE_WHOLE]),
        _whole(certified[rules.SINGLE_200]),
        _whole(certified[rules.E_BH_WHOLE]),
        _whole(row["dropped"]),
        f"{row['units'][rules.SINGLE_WHOLE]:.0f}",
        f"{row['fixed_size']}",
        _whole(certified[rules.NAIVE]),
        _whole(certified[rules.CLEAN]),
    )


def _words(found: dict[str, Any]) -> str:
    """What stands out, in sentences; truly equivalent rows are bold in the table below them."""
    delta, rows, by_rule = found["delta"], found["rows"], found["rules"]
    bad = [row for row in rows if row["truth"] <= -delta]
    good = [row for row in rows if row["truth"] > -delta]
    whole, fixed = by_rule[rules.SINGLE_WHOLE], by_rule[rules.FIXED]
    lines = [
        (
            f"- Wrong EQUIVALENT verdicts: {_share(whole['wrong_of_issued'])} of those issued,"
            f" {_share(whole['worst_row'])} in the worst row; by e-BH"
            f" {_share(by_rule[rules.E_BH_WHOLE]['wrong_of_issued'])}. Target: at most {ALPHA:.0%}."
        )
    ]
    for name in (rules.NAIVE, rules.CLEAN):
        worst = max(bad, key=lambda row, rule=name: row["certified"][rule])
        lines.append(
            f"- *{name}*: {_share(by_rule[name]['wrong_of_issued'])} of its verdicts are wrong; it passes"
            f" {worst['candidate']} in {worst['bucket']} (difference {worst['truth']:.3f}) in"
            f" {_whole(worst['certified'][name])} of bake-offs, and misses {_share(1 - by_rule[name]['found'])} of the"
            " equivalent rows."
        )
    lines.append(
        f"- Against the fixed design, which is told the variance: {whole['calls'] / fixed['calls']:.0%} of its calls,"
        f" {_share(whole['found'])} of the equivalent rows found against {_share(fixed['found'])}. Capped at 200 units:"
        f" {by_rule[rules.SINGLE_200]['calls'] / fixed['calls']:.0%} of its calls,"
        f" {_share(by_rule[rules.SINGLE_200]['found'])} found."
    )
    lines.append(_hard(good))
    return "\n".join(lines)


def _carried(new: dict[str, Any]) -> str:
    week, endless = new["week"], new["endless"]
    return (
        f"With bounds of the week, rows just beyond the tolerance pass in lucky weeks: most often {week['worst']}\n"
        f"(difference {week['worst_truth']:.3f}), in {week['worst_row']:.0%} of weeks. Bounds that take the week for a"
        f" sample of endless\ntraffic pass the worst row, {endless['worst']}, in {endless['worst_row']:.1%}, and find"
        f" {endless['found']:.0%} of the equivalent\nrows instead of {week['found']:.0%}."
    )


def _hard(good: list[dict[str, Any]]) -> str:
    hard = sorted(good, key=lambda row: row["certified"][rules.SINGLE_200])[:3]
    told = "; ".join(
        f"{row['candidate']} in {row['bucket']} (losses / wins {100 * row['losses']:.1f}% / {100 * row['wins']:.1f}%,"
        f" {_whole(row['certified'][rules.SINGLE_200])} certified within 200 units,"
        f" {_whole(row['certified'][rules.SINGLE_WHOLE])} in the end, after {row['units'][rules.SINGLE_WHOLE]:.0f} of"
        f" {row['size']} units, {_whole(row['dropped'])} dropped wrongly)"
        for row in hard
    )
    return f"- Hardest of the equivalent rows: {told}."


def _share(value: float) -> str:
    return f"{100 * value:.1f}%"


def _whole(value: float) -> str:
    return f"{100 * value:.0f}%"
