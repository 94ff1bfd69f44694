"""Names as long as they really come, and what must hold of whatever shows them on 80 columns."""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console

USE_CASE = "customer-support-ticket-triage"
BASELINE = "claude-opus-4-5-20251101"
CANDIDATES = ("claude-haiku-4-5-20251001", "gpt-5.4-mini")


def expect_whole(show: Callable[[Console], object], *expected: str) -> str:
    """Returns what is shown on 80 columns; no line may be longer, nothing cut, and each of these be there whole."""
    out = io.StringIO()
    show(Console(file=out, width=80))
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    assert "\u2026" not in text
    assert [one for one in expected if one not in text] == []
    return text
