"""An explanation for a terminal: readable from 80 columns on."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from suffice.layers import LEARNED
from suffice.money import usd
from suffice.policy.choose import basis, obstacle
from suffice.policy.flips import Flip
from suffice.report.explanation import Explanation, LayerLine, Served, obstacle_text, reason_text
from suffice.report.summary import shown
from suffice.types import Decision, Estimate, Opinion

NO_FLIPS = "No single change would have: nothing says how good a cheaper model would be, or there is none."
PLACES = 6
"""Of a dollar, for what one request costs."""


def print_explanation(explanation: Explanation, console: Console) -> None:
    """Prints the whole explanation."""
    console.print(_head(explanation))
    decision = explanation.decision
    if decision.scores:
        console.print(_layers(explanation), Text(), sep="\n")
    learned = [(e, opinion) for e in decision.estimates for opinion in e.opinions]
    if learned:
        console.print(_learned(explanation, learned))
    if decision.estimates:
        console.print(_candidates(decision))
        if explanation.certificates:
            console.print(_certificates(explanation))
    if decision.estimates:
        console.print(_flips(explanation))


def _head(explanation: Explanation) -> Group:
    decision = explanation.decision
    kept = decision.model == decision.baseline
    choice = Text.assemble(
        ("keeps ", "") if kept else (f"{decision.baseline} -> ", ""),
        (decision.model, "bold yellow" if kept else "bold green"),
    )
    rows = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    rows.add_column(style="dim", no_wrap=True)
    rows.add_column(overflow="fold")
    if explanation.id is not None:
        rows.add_row("decision", explanation.id)
    rows.add_row("choice", choice)
    rows.add_row("because", f"{reason_text(decision.reason)} [dim]({decision.reason})[/dim]")
    rows.add_row("use case", escape(shown(decision.bucket)) or "-")
    for name, text in _put_to_use(explanation):
        rows.add_row(name, escape(shown(text)))
    rows.add_row("tokens", _tokens(decision))
    if decision.baseline_cost_nanos is not None:
        rows.add_row("baseline", f"{usd(decision.baseline_cost_nanos, places=PLACES)} expected")
    if decision.stakes_nanos is not None:
        rows.add_row("stakes", f"{usd(decision.stakes_nanos, places=4)} if the answer is bad")
    rows.add_row("asked for", _asked_for(explanation))
    if explanation.mode != "route":
        rows.add_row("serving", _serving(explanation))
    rows.add_row("made by", f"predictor {decision.predictor}, policy {decision.policy}")
    return Group(rows, Text())


def _tokens(decision: Decision) -> str:
    if decision.output_tokens_estimated is None:
        return f"about {decision.input_tokens_estimated or 0:,} in"
    cached = decision.cached_tokens_estimated
    part = f" ({cached:,} of them from the prompt cache)" if cached else ""
    return (
        f"about {decision.input_tokens_estimated or 0:,} in{part}, {decision.output_tokens_estimated:,} out"
    )


def _asked_for(explanation: Explanation) -> str:
    terms = explanation.decision.terms
    shadow = ", to observe: nothing is served by it" if explanation.mode != "route" else ""
    usual = terms.usual_evidence
    economised = "" if usual is None else f', not "{usual}", as the budget is spent'
    return f'{terms.bar_on} of {terms.bar:g}, evidence "{terms.evidence}"{economised}{shadow}'


def _put_to_use(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """The mode that holds, and what is served for it or was."""
    switched, outcome = explanation.switched, explanation.outcome
    now = f"{switched.mode} ({switched.because})"
    if explanation.id is not None:
        then = "not on record" if outcome is None else outcome.mode
        yield "mode", f"then {then}; now {now}"
    elif switched.nothing_decided:
        yield "mode", f"{now}: nothing is decided, this is what would be chosen"
    else:
        yield "mode", now
    if outcome is None:
        return
    if outcome.mode == "route":
        yield "arm", _arm(explanation, outcome)
    if outcome.model is not None:
        why = "" if outcome.reason == explanation.decision.reason else f": {reason_text(outcome.reason)}"
        yield "served", f"by {outcome.model}{why}"


def _arm(explanation: Explanation, outcome: Served) -> str:
    if outcome.propensity is None:
        return f"none, no dice are cast: {reason_text(outcome.reason)}"
    chance = f"{outcome.propensity:.1%}"
    if explanation.id is not None:
        return f"{outcome.arm}, by the record; {chance} of the sessions were routed then"
    if outcome.draw is None or outcome.holdout is None:
        return (
            f"routed with a probability of {chance}: the dice are cast for the request's id, as nothing names a "
            "session (--session or --request-id)"
        )
    end = outcome.holdout + outcome.propensity
    if outcome.draw < outcome.holdout:
        where = f"in the holdout (below {outcome.holdout:.3f})"
    elif outcome.draw < end:
        where = f"between the holdout (below {outcome.holdout:.3f}) and {end:.3f}"
    else:
        where = f"above {end:.3f}, where the ramp is now"
    whose = f"session {outcome.session}" if outcome.session else "the request's id"
    return (
        f"{outcome.arm}: {whose} draws {outcome.draw:.3f}, {where}; {chance} of the sessions are routed now"
    )


def _serving(explanation: Explanation) -> str:
    model, reason = explanation.served
    terms = explanation.serving
    kept = model == explanation.decision.baseline
    verdict = f"would keep {escape(model)}" if kept else f"would choose {escape(model)}"
    return f'with evidence "{terms.evidence}" {verdict}: {reason_text(reason)}'


def _layers(explanation: Explanation) -> Table:
    focus = explanation.focus
    table = _table("Layers")
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("layer", no_wrap=True)
    table.add_column("demand", no_wrap=True)
    table.add_column("weight", justify="right", no_wrap=True)
    table.add_column("reason", overflow="fold")
    for line in explanation.layers:
        if line.name in LEARNED:
            known = (
                "for each candidate, below"
                if line.opinions
                else "nothing has been learned about these models"
            )
            table.add_row(str(line.number or ""), line.name, "-", "-", known, style="dim")
            continue
        effect = None if focus is None else line.effects.get(focus.model)
        weight = "-" if effect is None or line.demand is None else f"{effect.log_odds:+.2f}"
        number = "" if line.number is None else str(line.number)
        style = "dim" if line.demand is None else None
        table.add_row(
            number, line.name, _demand(line), weight, escape(line.reason or "not asked"), style=style
        )
    if focus is not None:
        known = "by how much the layer moves the log-odds of p_good of " + focus.model
        unknown = "the predictor that weighed them is not on this machine any more"
        table.caption = f"weight: {known if explanation.weights is not None else unknown}"
    return table


def _demand(line: LayerLine) -> Text:
    if line.demand is None:
        return Text("abstains")
    filled = round(line.demand * 5)
    return Text.assemble(f"{line.demand:.2f} ", ("#" * filled, "cyan"), ("." * (5 - filled), "dim"))


def _learned(explanation: Explanation, learned: list[tuple[Estimate, Opinion]]) -> Table:
    numbers = {line.name: line.number for line in explanation.layers}
    table = _table("Learned layers")
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("layer", no_wrap=True)
    table.add_column("candidate", overflow="fold")
    table.add_column("gain", justify="right", no_wrap=True)
    table.add_column("reason", overflow="fold")
    ordered = sorted(learned, key=lambda one: (numbers.get(one[1].layer) or 99, one[0].model))
    for estimate, opinion in ordered:
        spread = "" if opinion.sd is None else f" ± {opinion.sd:.3f}"
        gain = "abstains" if opinion.gain is None else f"{opinion.gain:+.3f}{spread}"
        number = numbers.get(opinion.layer)
        style = "dim" if opinion.gain is None else None
        table.add_row(
            "" if number is None else str(number),
            opinion.layer,
            estimate.model,
            gain,
            escape(opinion.reason),
            style=style,
        )
    return table


def _candidates(decision: Decision) -> Table:
    table = _table("Candidates")
    table.add_column("model", overflow="fold")
    table.add_column("p_good", justify="right", no_wrap=True)
    table.add_column("90%", justify="right", no_wrap=True)
    table.add_column("evidence", no_wrap=True)
    table.add_column("cost", justify="right", no_wrap=True)
    table.add_column("in its way", overflow="fold")
    for estimate in sorted(decision.estimates, key=lambda e: (e.cost_nanos is None, e.cost_nanos or 0)):
        chosen = estimate.model == decision.model
        stopped = obstacle_text(obstacle(decision, estimate))
        whose = f" [dim]({escape(estimate.provider)})[/dim]" if estimate.provider else ""
        table.add_row(
            estimate.model + whose,
            _probability(estimate.p_good),
            _interval(estimate),
            basis(estimate),
            "unknown" if estimate.cost_nanos is None else usd(estimate.cost_nanos, places=PLACES),
            "chosen" if chosen else stopped or "a cheaper one serves",
            style="bold green" if chosen else None,
        )
    return table


def _certificates(explanation: Explanation) -> Group:
    """Why each candidate is certified here or not."""
    said = {model: grounds.text for model, grounds in explanation.certificates.items()}
    rows = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    rows.add_column(no_wrap=True)
    rows.add_column(overflow="fold")
    if len(set(said.values())) == 1:
        rows.add_row("all", escape(shown(next(iter(said.values())))))
    else:
        for model, text in said.items():
            rows.add_row(model, escape(shown(text)))
    return Group(Text("Certificates", style="italic"), rows, Text())


def _interval(estimate: Estimate) -> str:
    if estimate.p_low is None and estimate.p_high is None:
        return "-"
    return f"{_probability(estimate.p_low)} to {_probability(estimate.p_high)}"


def _probability(p: float | None) -> str:
    return "-" if p is None else f"{p:.3f}"


def _flips(explanation: Explanation) -> Group:
    decision = explanation.decision
    kept = decision.model == decision.baseline
    flips = explanation.flips
    if not flips:
        return Group(Text("What would have flipped it", style="italic"), Text(NO_FLIPS))
    serve = "One of these would have let a candidate serve"
    title = Text(serve if kept else f"One of these would have kept {decision.baseline}", style="italic")
    rows = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    if kept:
        rows.add_column(no_wrap=True)
    rows.add_column(overflow="fold")
    previous = ""
    for flip in flips:
        name = flip.model if flip.model != previous else ""
        previous = flip.model
        text = f"{escape(shown(flip.text))}[dim]{_leads_elsewhere(decision, flip)}[/dim]"
        rows.add_row(*([name] if kept else []), text)
    return Group(title, Text(), rows)


def _leads_elsewhere(decision: Decision, flip: Flip) -> str:
    """Where a flip leads, if that is not where the title says."""
    kept = decision.model == decision.baseline
    if flip.then == (flip.model if kept else decision.baseline):
        return ""
    if kept and flip.still is not None:
        return f"; then: {obstacle_text(flip.still)}"
    return f"; then {flip.then} would serve"


def _table(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
