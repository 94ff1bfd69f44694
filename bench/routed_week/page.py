"""The section of docs/savings.md: every figure comes from the runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from routed_week.week import DELTA

Row = dict[str, Any]
BEGIN = "<!-- live: begin; made by `make bench-live ARGS=--write`, do not edit up to its end -->"
END = "<!-- live: end -->"

HEAD = """\
## Live run

    make bench-live DATA=path/to/shared/data/traffic ARGS=--write

A recorded week of {requests:,} requests in {buckets} use cases goes through `suffice serve`: once to be watched
(`mode = "observe"`, decided as certified), and once more, after `suffice mode route`, to be routed. Each request is a
session of its own, a third of them streamed. A replay upstream answers as each model really did; the
benchmark that the answers come from has graded them, so the truth is known. A trial of the same week (the product's
own, given these grades) certifies what may serve (baseline gpt-4o-2024-08-06; candidates gpt-4o-mini and
gpt-3.5-turbo; tolerance {delta:g}); what its calls cost is overhead here, all of it in one week. The ramp begins at
its last step. {runs} runs for each share of holdout; the first is shown.

The holdout is {holdout:.0%} here instead of the usual 5%: the week is small, and the smallest use case that is routed
has only {smallest} requests, of which 5% would be {few:.0f}. The usual share is in the last table.

**Quality, by use case.** *Change* is the mean score of what was served minus the baseline's on the same requests,
with a 95% interval of the paired differences (the bounds that trials use; they hold for traffic without end, at any
moment, and are wide for that). *Routed* is the same of the requests that a cheaper model answered alone.

"""
QUALITY = """
{within} of {all} changes lie within the tolerance, and in all {total} runs {every} of {every_all}; the worst of any
run is {worst:+.3f} ({worst_name}). The lower end of the interval is within it too in {sure} of the {routed} use cases
that were routed: a week has too few requests to say it of the others from what was served alone. {unrouted} stayed
with the baseline: nothing was certified there.

**Beside what else could have served**, on the same requests. *Worst use case* is the lowest mean change. Costs are
recorded tokens at today's prices; that of the certified policy is what the ledger says was paid, thrown-away calls
among it.

"""
CONTROLS = """
*Prior rules only* is `evidence = "prior"`, no trial; *oracle* takes for each request the cheapest model that answered
no worse than the baseline, which nobody can know before. {words}

**Savings**, as `suffice savings --json` says them. *True* is what the recorded baseline answers of the routed
sessions would have cost more, known only here; *measured* and *verified* know nothing of it. Overhead: trial, and
answers that were thrown away ({escalated} of the first run's routed answers broke their contract and were asked again
of the baseline). The guard had no grader of live answers in these runs, so there is no shadow call ({shadows}), and
it watched the signals alone.

"""
SAVINGS = """
Verified is above zero in {positive} of {total} runs, at the usual holdout of 5% in {usual} of {usual_all}. The
interval before overhead covers the true savings in {covered} of {total}. All chains verify: {sound} of {total}; calls
of unknown cost: {unknown}.

{forecast}
**What this does not show.** The trial drew from the week that is then served, so the certificates hold for just these
requests; how often a certificate of one week is wrong about the next is in [bakeoff.md](bakeoff.md). Grades are the
benchmark's, not a live grader's. Requests have no conversations here, and no cache.
"""
FORECAST = """\
**Forecast and outcome**, as shares of what the routed requests would have cost, before overhead. The forecast is that
of the moment of the switch: what was watched, corrected with the lengths that the trial had seen. *True* is of all that
was routed; *answered cheaper*, of those that the candidate answered alone, without the ones that came back to the
baseline.

{table}
Its band meets the measured interval in {held} of {total}. Where the candidate answered alone it is off by {same:.2f}
points on average at the same length and by {corrected:.2f} corrected; of all that was routed by {all_same:.2f} and
{all_corrected:.2f}: that answers break their contract and are asked again of the baseline, it does not know.
"""


def section(found: Sequence[Row], beside: Mapping[str, Row]) -> str:
    """Returns the text between the markers."""
    first = found[0]
    return (
        _head(found)
        + _quality_table(first)
        + _quality_words(found)
        + _controls_table(first, beside)
        + CONTROLS.format(
            words=_control_words(first, beside),
            escalated=first["signals"].get("escalated", 0),
            shadows=first["legs"].get("shadow", 0),
        )
        + _savings_table(found)
        + _savings_words(found)
    )


def _head(found: Sequence[Row]) -> str:
    first = found[0]
    routed = [one["requests"] for one in first["buckets"] if one["cheaper"]]
    return HEAD.format(
        requests=sum(one["requests"] for one in first["buckets"]),
        buckets=len(first["buckets"]),
        delta=DELTA,
        runs=sum(row["holdout"] == first["holdout"] for row in found),
        holdout=first["holdout"],
        smallest=min(routed),
        few=0.05 * min(routed),
    )


def _quality_table(first: Row) -> str:
    rows = [
        (
            one["name"],
            ", ".join(one["models"]) or "the baseline",
            f"{one['requests']:,}",
            f"{one['cheaper'] / one['requests']:.0%}",
            f"{one['baseline']:.3f}",
            f"{one['mean']:+.3f}",
            f"{one['lower']:+.3f} to {one['upper']:+.3f}" if one["cheaper"] else "-",
            "-" if one["routed_mean"] is None else f"{one['routed_mean']:+.3f}",
            dollars(one["nanos"]),
            dollars(one["baseline_nanos"]),
        )
        for one in first["buckets"]
    ]
    columns = ("use case", "served by", "requests", "answered cheaper", "baseline's score", "change")
    return table((*columns, "95% interval", "routed", "cost", "baseline's cost"), rows)


def _quality_words(found: Sequence[Row]) -> str:
    first, every = found[0]["buckets"], [one for row in found for one in row["buckets"]]
    worst = min(every, key=lambda one: one["mean"])
    return QUALITY.format(
        within=sum(one["mean"] >= -DELTA for one in first),
        all=len(first),
        total=len(found),
        every=sum(one["mean"] >= -DELTA for one in every),
        every_all=len(every),
        worst=worst["mean"],
        worst_name=worst["name"],
        sure=sum(one["lower"] >= -DELTA for one in first if one["cheaper"]),
        routed=sum(one["cheaper"] > 0 for one in first),
        unrouted=" and ".join(one["name"] for one in first if not one["cheaper"] + one["holdout"]) or "None",
    )


def _controls_table(first: Row, beside: Mapping[str, Row]) -> str:
    usual = beside["always the baseline"]["nanos"]
    named = {f"**certified**, {first['holdout']:.0%} holdout": first["policy"], **beside}
    rows = [
        (
            name,
            f"{row['score']:.4f}",
            f"{row['score'] - beside['always the baseline']['score']:+.4f}",
            f"{row['worst'][0]:+.3f} ({row['worst'][1]})" if row["worst"][0] else "0",
            str(sum(loss < -DELTA for loss in row["losses"].values())),
            f"{row['cheaper']:.0%}",
            dollars(row["nanos"]),
            f"{row['nanos'] / usual:.0%}",
        )
        for name, row in named.items()
    ]
    columns = ("what serves", "mean score", "change", "worst use case", "beyond the tolerance")
    return table((*columns, "answered cheaper", "cost", "of the baseline's"), rows)


def _control_words(first: Row, beside: Mapping[str, Row]) -> str:
    usual, trial = beside["always the baseline"]["nanos"], first["overhead"]["trial"]
    with_trial = (first["policy"]["nanos"] + trial) / usual
    return f"With the trial ({dollars(trial)}, once) the certified week costs {with_trial:.0%} of the baseline's."


def _savings_table(found: Sequence[Row]) -> str:
    rows = [
        (
            f"{row['holdout']:.0%}",
            str(row["seed"]),
            f"{row['policy']['cheaper']:.0%}",
            dollars(row["modelled"]),
            dollars(row["truth"]),
            f"{dollars(row['before_overhead']['savings_nanos'])} ({_ends(row['before_overhead'])})",
            dollars(row["overhead_nanos"]),
            f"{dollars(row['measured']['savings_nanos'])} ({_ends(row['measured'])})",
            dollars(row["verified"]),
            f"{min(one['mean'] for one in row['buckets']):+.3f}",
        )
        for row in found
    ]
    columns = (
        "holdout",
        "run",
        "answered cheaper",
        "modelled",
        "true",
        "measured before overhead",
        "overhead",
    )
    return table((*columns, "measured", "**verified**", "worst change"), rows)


def _savings_words(found: Sequence[Row]) -> str:
    usual = [row for row in found if row["holdout"] == found[-1]["holdout"]]
    return SAVINGS.format(
        positive=sum((row["verified"] or 0) > 0 for row in found),
        total=len(found),
        usual=sum((row["verified"] or 0) > 0 for row in usual),
        usual_all=len(usual),
        covered=sum(_covers(row["before_overhead"], row["truth"]) for row in found),
        sound=sum(row["sound"] for row in found),
        unknown=sum(row["unknown"] for row in found),
        forecast=_forecast(found),
    )


def _forecast(found: Sequence[Row]) -> str:
    rows, errors = [], []
    for row in found:
        one = row["forecast"]
        alone, every = (row["truth"] / (row["truth"] + row[name]) for name in ("alone_nanos", "routed_nanos"))
        errors.append(
            [abs(one[name] - truth) for truth in (alone, every) for name in ("same_length", "projected")]
        )
        rows.append(
            (
                f"{row['holdout']:.0%}",
                str(row["seed"]),
                f"{one['same_length']:.2%}",
                f"**{one['projected']:.2%}** ({one['projected_low']:.2%} to {one['projected_high']:.2%})",
                f"{one['measured']:.2%} ({one['measured_low']:.2%} to {one['measured_high']:.2%})",
                f"{every:.2%}",
                f"{alone:.2%}",
            )
        )
    columns = ("holdout", "run", "at the same length", "corrected", "measured", "true", "answered cheaper")
    means = [100 * sum(part) / len(errors) for part in zip(*errors, strict=True)]
    return FORECAST.format(
        table=table(columns, rows),
        same=means[0],
        corrected=means[1],
        all_same=means[2],
        all_corrected=means[3],
        held=sum(row["forecast"]["held"] for row in found),
        total=len(found),
    )


def _covers(found: Row, nanos: int) -> bool:
    return bool(found["low_nanos"] <= nanos <= found["high_nanos"])


def _ends(found: Row) -> str:
    return f"{dollars(found['low_nanos'])} to {dollars(found['high_nanos'])}"


def dollars(nanos: int | None) -> str:
    """Returns an amount to a tenth of a cent: weeks of this size cost a few dollars."""
    return "none" if nanos is None else f"{'-' if nanos < 0 else ''}${abs(nanos) / 1e9:.3f}"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table in Markdown, texts to the left and numbers to the right."""
    lines = [
        "| " + " | ".join(columns) + " |",
        "|" + "|".join(["---", "---", *["---:"] * (len(columns) - 2)]) + "|",
    ]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def put(path: Path, text: str, *, begin: str = BEGIN, end: str = END) -> None:
    """Replaces the section in a page.

    Raises:
        ValueError: The page lacks its markers.
    """
    page = path.read_text("utf-8")
    if begin not in page or end not in page:
        raise ValueError(f"{path} lacks the markers of the section")
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{begin}\n{text}{end}{after}", "utf-8")
