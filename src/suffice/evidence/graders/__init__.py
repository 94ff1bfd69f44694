"""LEARN: one file a grader; the file's name is its kind. The folder is the registry.

A grader's module has `READS` (the keys of `GraderSettings` that it reads beside `kind` and `reference`), `NEEDS` (those
that it cannot do without) and `grader(settings, parts)`, which returns a scorer, or a pair scorer. A module is imported
when its kind is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from suffice.config import GraderSettings
from suffice.evidence.grading import Ask, PairScorer, Scorer
from suffice.evidence.rating import Ratings


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What a grader may need from outside."""

    ask: Ask | None = None
    """Sends a request to a judge's model; needed by `judge` only."""
    ratings: Ratings | None = None
    """What people have said; needed by `human`, and to calibrate `judge`."""
    folder: Path = Path()
    """Where commands run and `module:function` is looked for: that of the configuration's file."""
    name_of: Callable[[str], str] = str
    """Tells the catalog's name of a model by any that it goes by."""


def make(settings: GraderSettings, parts: Parts = Parts()) -> Scorer | PairScorer:
    """Returns the grader of some settings, ready to be handed to `compare.difference`.

    Raises:
        ConfigError: There is no such kind, a key that it needs is missing, or one cannot be used.
    """
    raise NotImplementedError


def identity(settings: GraderSettings) -> tuple[str, str]:
    """Returns a grader's name and version for results and certificates.

    The version has the grader's own and a digest of the settings: `("numeric", "1-3f2a9c01")`.
    """
    raise NotImplementedError


def settings_for(bucket: str, graders: dict[str, GraderSettings]) -> GraderSettings | None:
    """Returns the settings of a bucket's grader: its own, else those of `*`, else `None`."""
    return graders.get(bucket) or graders.get("*")
