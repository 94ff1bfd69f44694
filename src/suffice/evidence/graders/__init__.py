"""LEARN: one file a grader; the file's name is its kind. The folder is the registry.

A grader's module has `READS` (the keys of `GraderSettings` that it reads), `NEEDS` (those that it cannot do without),
`REFERENCES` (what it can hold an answer against, its default first; empty if nothing) and `grader(settings, parts)`,
which returns a scorer or a pair scorer. A module is imported when its kind is asked for.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import msgspec

from suffice.config import GraderSettings
from suffice.errors import ConfigError
from suffice.evidence.against_baseline import AgainstBaseline
from suffice.evidence.calibrating import Calibration
from suffice.evidence.grading import Ask, PairScorer, Scorer
from suffice.store.ratings import Rated

KINDS: tuple[str, ...] = tuple(
    sorted(
        module.name.removesuffix("_")
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    )
)
"""Every kind of grader."""


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What a grader may need from outside."""

    ask: Ask | None = None
    """Sends a request to a judge's model; needed by `judge` only."""
    ratings: Rated | None = None
    """What people have said; needed by `human` only."""
    calibration: Calibration | None = None
    """What a judge's verdicts have been worth to people; optional, read by `judge`."""
    folder: Path = Path()
    """Where commands run and `module:function` is looked for: that of the configuration's file."""
    name_of: Callable[[str], str] = str
    """Tells the catalog's name of a model by any that it goes by."""


_ALONE = Parts()


def make(settings: GraderSettings, parts: Parts = _ALONE) -> Scorer | PairScorer:
    """Returns the grader of some settings, ready to be handed to `compare.difference`.

    Raises:
        ConfigError: There is no such kind, a key that it needs is missing, one cannot be used, or a part that it needs
            is not there.
    """
    for _, text in problems_of(settings):
        raise ConfigError(f"grader {settings.kind}: {text}")
    try:
        made = module_of(settings.kind).grader(settings, parts)
    except ValueError as error:
        raise ConfigError(f"grader {settings.kind}: {error}") from error
    scorer: Scorer | PairScorer = AgainstBaseline(scorer=made) if against_baseline(settings) else made
    return scorer


def against_baseline(settings: GraderSettings) -> bool:
    """Tells whether a candidate's answer is held against the baseline's own."""
    return settings.reference == "baseline" and settings.kind != "judge"


def identity(settings: GraderSettings) -> tuple[str, str]:
    """Returns a grader's name and version, for results and certificates.

    The version has the grader's own and a digest of its settings: a changed pattern, or a changed file with a schema,
    is another grader. What a command or function does is not in it.

    >>> identity(GraderSettings(kind="exact"))[0], identity(GraderSettings(kind="exact", reference="baseline"))[0]
    ('exact', 'exact against the baseline')
    """
    name = settings.kind + (" against the baseline" if against_baseline(settings) else "")
    written = msgspec.to_builtins(settings, enc_hook=_content)
    digest = hashlib.sha256(msgspec.json.encode(written, order="deterministic")).hexdigest()[:8]
    return name, f"{version_of(settings.kind)}-{digest}"


def _content(path: object) -> str:
    """What a file holds, in place of where it lies; `make` tells if it cannot be read."""
    try:
        return hashlib.sha256(Path(str(path)).read_bytes()).hexdigest()
    except OSError:
        return str(path)


def version_of(kind: str) -> str:
    """Returns the version of a kind's own code."""
    return str(module_of(kind).VERSION)


def settings_for(bucket: str, graders: Mapping[str, GraderSettings]) -> GraderSettings | None:
    """Returns the settings of a bucket's grader: its own, else those of `*`, else `None`."""
    return graders.get(bucket) or graders.get("*")


def module_of(kind: str) -> ModuleType:
    """Returns the module of a kind: `callable` is in `callable_.py`, a name that Python has not taken.

    Raises:
        ConfigError: There is no such kind.
    """
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(KINDS)}"
        raise ConfigError(f'there is no grader of kind "{kind[:60]}"; {hint}')
    names = {module.name for module in pkgutil.iter_modules(__path__)}
    return importlib.import_module(f"{__name__}.{kind if kind in names else kind + '_'}")


def problems_of(settings: GraderSettings) -> Iterator[tuple[str, str]]:
    """Yields what is wrong with a grader's settings: the key, and what to do in words."""
    try:
        module = module_of(settings.kind)
    except ConfigError as error:
        yield "kind", error.message
        return
    for field in msgspec.structs.fields(GraderSettings):
        name = field.name
        if name in {"kind", "reference"}:
            continue
        given = getattr(settings, name) != field.default
        if given and name not in module.READS:
            reads = ", ".join(sorted(module.READS)) or "no key"
            yield name, f'kind = "{settings.kind}" does not read {name}; it reads {reads}'
        if not given and name in module.NEEDS:
            yield "kind", f'kind = "{settings.kind}" needs {name}'
    if settings.reference != "expected" and settings.reference not in module.REFERENCES:
        known = " or ".join(f'"{one}"' for one in module.REFERENCES) or "nothing"
        yield "reference", f'kind = "{settings.kind}" holds an answer against {known}; drop reference'
    for check in getattr(module, "CHECKS", ()):
        yield from check(settings)
