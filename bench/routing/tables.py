"""How figures are written: three digits, with their interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any


def number(value: float, digits: int = 3) -> str:
    """Returns a figure without its leading zero; a dash where there is none.

    >>> number(0.6821), number(-0.02), number(float("nan"))
    ('.682', '-.020', '-')
    """
    if not math.isfinite(value):
        return "-"
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def ranged(found: Mapping[str, float], digits: int = 3) -> str:
    """Returns a figure with its interval.

    >>> ranged({"value": 0.682, "low": 0.66, "high": 0.702})
    '.682 (.660 to .702)'
    """
    if not math.isfinite(found["value"]):
        return "-"
    return f"{number(found['value'], digits)} ({number(found['low'], digits)} to {number(found['high'], digits)})"


def percent(value: float, digits: int = 1) -> str:
    """Returns a share in percent.

    >>> percent(0.1234)
    '12.3%'
    """
    return f"{100 * value:.{digits}f}%" if math.isfinite(value) else "-"


def over_shuffled(found: Mapping[str, Any]) -> str:
    """Returns the gain over the same decisions shuffled, and whether it is one."""
    gain = found.get("over_shuffled")
    if gain is None:
        return ""
    return f"{ranged(gain)}{verdict(gain)}"


def verdict(gain: Mapping[str, float]) -> str:
    """Returns what an interval says of a gain; nothing if it is clear of zero."""
    if gain["low"] > 0:
        return ""
    return " **worse**" if gain["high"] < 0 else " **not beaten**"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        + "\n"
    )
