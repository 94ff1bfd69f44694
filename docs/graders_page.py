"""The page of docs/ about graders: its text, the kinds from the code, and what `bench/graders.py` measured."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from suffice.evidence.graders import KINDS, module_of

TEMPLATES = Path(__file__).resolve().parent / "templates"


def page(table: Callable[[list[str], Iterable[Iterable[str]]], str]) -> str:
    """Returns graders.md.

    Args:
        table: Makes a Markdown table of a head and rows.
    """
    rows = [
        [
            f"`{kind}`",
            _first_paragraph(_scorer(module)),
            " or ".join(f"`{one}`" for one in module.REFERENCES) or "-",
            ", ".join(f"**`{key}`**" if key in module.NEEDS else f"`{key}`" for key in sorted(module.READS)),
        ]
        for kind, module in ((kind, module_of(kind)) for kind in KINDS)
    ]
    kinds = table(["kind", "score", "reference", "keys it reads (bold: it needs them)"], rows)
    agreement = (TEMPLATES / "graders-agreement.md").read_text("utf-8")
    text = (TEMPLATES / "graders.md").read_text("utf-8")
    return text.replace("@KINDS@", kinds.strip()).replace("@AGREEMENT@", agreement.strip())


def _scorer(module: Any) -> Any:
    """The class that a module makes its graders of; of several, the module itself tells."""
    own = [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__ and hasattr(value, "NAME")
    ]
    return own[0] if len(own) == 1 else module


def _first_paragraph(thing: Any) -> str:
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
