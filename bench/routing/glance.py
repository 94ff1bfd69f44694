"""The page's first table: each target, what was measured, and whether it was met; and what does not work, by name."""

from __future__ import annotations

from typing import Any

from routing.sections.multi import LOSS, held
from routing.sections.routellm import FEW_TARGET, TARGETS, TITLES
from routing.tables import number, percent, ranged, table

OURS = "suffice"


def glance(results: dict[str, Any]) -> str:
    """Returns the table and the list of what is not shown to work."""
    rows = [*_routellm(results["routellm"]), _pairs(results["pairs"]), *_multi(results["multi"])]
    rows += [_calibrated(results["calibrated"]["all"]), _new_model(results["new_model"])]
    return table(("what", "target", "measured (95%)", ""), rows) + "\n" + _not_shown(results) + "\n"


def _met(found: float, target: float) -> str:
    return "met" if found >= target else "**missed**"


def _routellm(result: dict[str, Any]) -> list[list[str]]:
    few = result["few_labels"]["routers"][OURS]["apgr"]
    rows = [
        [
            "MMLU, at most 1,500 labels, APGR (published .603)",
            f">= {number(FEW_TARGET, 2)}",
            ranged(few),
            _met(few["value"], FEW_TARGET),
        ]
    ]
    for name, target in TARGETS.items():
        found = result["in_domain"][name]["routers"][OURS]["apgr"]
        rows.append(
            [
                f"{TITLES[name]}, in domain, APGR",
                f">= {number(target, 2)}",
                ranged(found),
                _met(found["value"], target),
            ]
        )
    for name, judged in result["out_of_domain"]["benchmarks"].items():
        ours, length = judged["routers"][OURS], judged["routers"]["prompt length alone"]["apgr"]["value"]
        rows.append(
            [
                f"{TITLES[name]}, out of domain, APGR (random .500, prompt length alone {number(length)})",
                "none",
                ranged(ours["apgr"]),
                "" if ours["over_shuffled"]["low"] > 0 else "not shown to beat chance",
            ]
        )
    return rows


def _pairs(result: dict[str, Any]) -> list[str]:
    beaten = sum(found["routers"][OURS]["over_shuffled"]["low"] > 0 for found in result["pairs"])
    count = len(result["pairs"])
    return [
        "pairs in other sets that beat their decisions shuffled",
        "all",
        f"{beaten} of {count}",
        _met(beaten, count),
    ]


def _multi(result: dict[str, Any]) -> list[list[str]]:
    rows = []
    for rule in ("bar", "rate"):
        found = result["held"][f"{OURS}, by {rule}, 90% bound"]
        rows.append(
            [
                f"eleven models, best single model's score held to a point, chosen by {rule}, 90% bound",
                f">= -{number(LOSS, 2)}",
                f"{ranged(found['lost'], 4)} at {percent(found['share']['value'])} of its cost",
                held(found["lost"]),
            ]
        )
    return rows


def _calibrated(found: dict[str, Any]) -> list[str]:
    taken = found["p_good"]
    right = f"decisions taken at p_good >= .9 that were right (ECE of all {number(found['ece'])})"
    return [
        right,
        ">= 90%",
        f"{percent(taken['right'])} ({percent(taken['low'])} to {percent(taken['high'])}) of {taken['taken']:,}",
        _met(taken["right"], 0.9),
    ]


def _new_model(result: dict[str, Any]) -> list[str]:
    better = 0
    for found in result.values():
        errors = {label: of["error"]["value"] for label, of in found["expecters"].items()}
        ours = errors.pop("suffice, from the profile")
        better += ours < min(errors.values())
    what = "a new model's gain expected from its profile, sets with less error than every control"
    return [what, "none", f"{better} of {len(result)}", ""]


def _not_shown(results: dict[str, Any]) -> str:
    names = [
        f"{found['set']} {' / '.join(found['pair'])}"
        for found in results["pairs"]["pairs"]
        if found["routers"][OURS]["over_shuffled"]["low"] <= 0
    ]
    if not names:
        return "Every pair beats its own decisions shuffled with an interval clear of zero.\n"
    return f"Not shown to route better than the same decisions shuffled: {'; '.join(names)}.\n"
