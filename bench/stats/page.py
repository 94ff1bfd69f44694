"""Writes docs/statistics.md: every figure on it comes from the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

PAGE = """\
<!-- Made by `make bench-statistics ARGS=--write`: run it again, do not edit. -->

# What a verdict rests on

Verdicts are read off while answers arrive, and sampling stops when they are clear. An interval that is made for one
look is wrong then. suffice uses bounds that hold at every moment: `suffice.stats.betting`, whose docstring has the
argument; [decision 7](decisions/0007-betting-of-our-own.md) says why it is ours. This page tries them by simulation, on
differences of -1, 0 and 1 (candidate minus baseline), with one-sided bounds at alpha = {alpha:g}. Everything is seeded.

    make bench-statistics ARGS=--write

![Error under peeking, and width of the lower bound](images/statistics.svg)

## Error under continuous peeking

Share of {runs:,} runs in which the truth was *ever* ruled out, looked at after every block: {horizon:,} draws with
replacement, or a whole population without. What is tested is the true mean itself, where a wrong verdict is easiest.
*Above*: a lower bound above it, which makes a wrong EQUIVALENT; *below*: an upper bound below it. The theory promises
at most {alpha:.1%}; a simulation of this size may show {luck} by luck (four standard errors). **Largest: {largest}.**

{errors}

{others}

With the same peeking after every draw from the 20th on (losses / wins {naive_kind}; for Clopper-Pearson failures of
5%), intervals for one look rule out the truth in this share of runs:

{naive}

Where the whole population is drawn, the bounds are its mean. That the capital is never *expected* to grow if the mean
is m or less is not simulated but computed, by trying all that can come next after all that can have come before, in
`tests/stats/test_betting.py`: with and without replacement, in strata, with missing verdicts.

## Width

Mean distance from the lower bound up to the true mean, {width_runs} runs. *Betting* and *empirical Bernstein*
(Waudby-Smith and Ramdas, section 3.2) may be looked at any time. *Clopper-Pearson* (losses and wins at half of alpha
each) and Student's *t* may be looked at once, at a size fixed in advance: they knew when to stop. t is too narrow at
few draws: before the first loss its width is 0.

{widths}

Without replacement from {size}, beside t with the finite population correction:

{finite}

## Draws to EQUIVALENT

Mean number of draws until the lower bound passes -delta, looked at after each, and how many half and nine tenths of
the {draw_runs:,} runs took at most. *Best stake*: one fixed share of the largest possible stake, the best for these
values in hindsight, which no one can know. *Fixed size*: a design with one look, normal approximation, {power:.0%}
power, the true mean and variance known in advance, finite population correction; it ends without a verdict in
{miss:.0%} of cases.

{draws}

With all differences 0 and a tolerance of .05 no bet can be done before log(20) / log(1 + .05 / .95) = 59 draws.
The five shares were chosen, out of some 14 sets, on most of these very cases: most sets lay within 15% of each other on
a case, none is best on all. Expect a few percent more elsewhere.

## Many rows at once

{rows} rows, {budget} draws each at most, tolerance .05: a share of them lies at the tolerance exactly (6.5% losses,
1.5% wins), the others have no difference (2% and 2%). Mean share of wrong certificates among those issued (false
discovery rate), and share of the good rows certified, {bh_runs:,} runs. *Alone*: each row's own verdict. *Stopped*:
e-BH over rows that stopped at their own verdict. *Going on*: rows stop when e-BH certifies them.

{discoveries}

A row that stops at its own verdict has an e-value of little more than 20, too little for e-BH unless nearly all rows
pass. So a trial goes on past EQUIVALENT where e-BH would not yet certify.

## Beside scipy, and speed

- One-sided Clopper-Pearson bounds differ from `scipy.stats.binomtest` by at most {exact:.0e} over sizes from 1 to 782.
- The ends of the paired bootstrap differ from `scipy.stats.bootstrap` (percentile) by {bootstrap:.4f}, each at 50,000
  samples.
- Clean passes bound the failure rate below: {screen}.
- A block of 5 with its bounds and both e-values takes {with_us:.0f} us of one core, {without_us:.0f} us without
  replacement: the one figure here that depends on the machine.
"""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'|'.join(['---'] + ['---:'] * (len(heads) - 1))}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def page(found: dict[str, Any]) -> str:
    """Returns the page."""
    errors, widths, draws, rest = (found[name] for name in ("errors", "widths", "draws", "rest"))
    alpha = found["alpha"]
    luck = alpha + 4 * (alpha * (1 - alpha) / errors["runs"]) ** 0.5
    naive, at = errors["naive"], widths["at"]
    return PAGE.format(
        alpha=alpha,
        runs=errors["runs"],
        horizon=found["horizon"],
        luck=_percent(luck),
        largest=_percent(max(max(row["above"], row["below"]) for row in errors["rows"]), 2),
        errors=_errors([row for row in errors["rows"] if row["grid"]]),
        others=_others([row for row in errors["rows"] if not row["grid"]]),
        naive_kind=naive["kind"],
        naive=table(
            ("draws so far", *(f"{look:,}" for look in naive["looks"])),
            (
                ("normal interval", *_each(naive["normal"], _percent)),
                ("Clopper-Pearson", *_each(naive["failures_only"], _percent)),
                ("betting", *_each(naive["ours"], _percent)),
            ),
        ),
        width_runs=widths["runs"],
        widths=_widths(widths["rows"], at, ("ours", "bernstein", "exact", "student")),
        size=widths["size"],
        finite=_widths(widths["finite"], at[:-1], ("ours", "student")),
        draw_runs=draws["runs"],
        power=draws["power"],
        miss=1 - draws["power"],
        draws=_draws(draws["rows"]),
        rows=found["rows"],
        budget=found["budget"],
        bh_runs=rest["runs"],
        discoveries=_discoveries(rest["discoveries"]),
        exact=rest["scipy"]["exact"],
        bootstrap=rest["scipy"]["bootstrap"],
        screen=", ".join(f"{n} {_percent(bound)}" for n, bound in rest["screen"].items()),
        with_us=rest["block_us"]["replacement"],
        without_us=rest["block_us"]["no replacement"],
    )


def _errors(rows: list[dict[str, Any]]) -> str:
    ways = list(dict.fromkeys(row["how"] for row in rows))
    lines: dict[tuple[float, str], list[str]] = {}
    for row in rows:
        cells = lines.setdefault((row["tested"], row["kind"]), [])
        cells += [_percent(row["above"], 2), _percent(row["below"], 2)]
    return table(
        ("losses / wins", *(f"{way}: {side}" for way in ways for side in ("above", "below"))),
        ((kind, *cells) for (_, kind), cells in lines.items()),
    )


def _others(rows: list[dict[str, Any]]) -> str:
    return table(
        ("strata, missing verdicts", "true mean", "above", "below"),
        (
            (row["how"], f"{row['mean']:.3f}", _percent(row["above"], 2), _percent(row["below"], 2))
            for row in rows
        ),
    )


NAMES = {
    "ours": "betting, any time",
    "bernstein": "empirical Bernstein, any time",
    "exact": "Clopper-Pearson, one look",
    "student": "t, one look",
}


def _widths(rows: list[dict[str, Any]], at: Sequence[int], names: Sequence[str]) -> str:
    lines = [
        (row["kind"], NAMES[name], *(_number(value) for value in row[name][: len(at)]))
        for row in rows
        for name in names
    ]
    return table(("losses / wins", "bound", *(f"n = {n}" for n in at)), lines)


def _draws(rows: list[dict[str, Any]]) -> str:
    return table(
        ("losses / wins", "delta", "population", "best stake", "betting", "middle", "9 of 10", "fixed size"),
        (
            (
                row["kind"],
                f"{row['delta']:g}",
                f"{row['size'] or 'many'}",
                f"{row['best']:.0f}",
                f"**{row['ours']:.0f}**",
                f"{row['middle']:.0f}",
                f"{row['most']:.0f}",
                f"{row['fixed']:.0f}" if row["fixed"] else "",
            )
            for row in rows
        ),
    )


def _discoveries(rows: list[dict[str, Any]]) -> str:
    ways = ("alone", "stopped", "going on")
    return table(
        (
            "rows at the tolerance",
            *(f"wrong: {way}" for way in ways),
            *(f"found: {way}" for way in ways),
        ),
        (
            (
                f"{row['wrong']:.0%}",
                *(_percent(row["rate"][way]) for way in ways),
                *(_percent(row["found"][way]) for way in ways),
            )
            for row in rows
        ),
    )


def _each(values: Iterable[float], shown: Callable[[float], str]) -> Iterable[str]:
    return (shown(value) for value in values)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _percent(value: float | None, digits: int = 1) -> str:
    return "" if value is None else f"{100 * value:.{digits}f}%"
