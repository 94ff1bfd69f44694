"""Opens providers' exports of usage and cost: finds out their format, reads lines, keeps aside what cannot be read."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Sequence
from datetime import UTC, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from suffice.errors import ConfigError
from suffice.evidence.statements import FORMATS, Format
from suffice.evidence.statements._document import Document, opened
from suffice.ledger.statement import Flaw, Line

MOST_BYTES = 256 * 1024 * 1024
"""A larger file is no sum by day and model."""
MOST_FLAWS = 20
"""More than these are counted, not listed."""
_GZIP = b"\x1f\x8b"
_OFFSET = re.compile(r"(?:UTC)?([+-])(\d\d):?(\d\d)")


class Export(msgspec.Struct, kw_only=True):
    """What one or several files say."""

    lines: list[Line] = []
    flaws: list[Flaw] = []
    """The first ones."""
    flaw_count: int = 0
    repeated: list[str] = []
    """Where lines stand that are there before, word for word; they are counted once."""
    files: list[tuple[str, str]] = []
    """File and what it was read as."""
    notes: list[str] = []


def read_exports(paths: Sequence[Path], *, provider: str, format_: str | None = None) -> Export:
    """Reads the files of one export, such as a provider's usage and its costs.

    Args:
        paths: The files.
        provider: Whose calls are compared.
        format_: The format of all files; `None` finds out for each.

    Returns:
        Their lines.

    Raises:
        ConfigError: A file cannot be read, is of no known format or of another provider's, lacks a column, or has no
            line; amounts are in two currencies; two files have tokens, or amounts, both.
    """
    if format_ is not None and format_ not in FORMATS:
        raise ConfigError(
            f"there is no format {format_}; there are: {', '.join(FORMATS)}", code="unknown_format"
        )
    export = Export(lines=[], flaws=[], repeated=[], files=[], notes=[])
    seen: dict[Line, str] = {}
    for path in paths:
        _read(export, path, provider, format_, seen)
    if not export.lines:
        aside = f": none of its {export.flaw_count:,} lines can be read" if export.flaw_count else ""
        first = f", the first because {export.flaws[0].reason}" if export.flaws else ""
        raise ConfigError(f"the export has no rows{aside}{first}", code="empty_export")
    _one_currency(export.lines)
    _one_file_each(export.lines)
    return export


def zone_of(name: str) -> tzinfo | None:
    """Returns a zone by its name or its offset from UTC; `None` if there is none.

    >>> zone_of("-08:00"), zone_of("Nowhere")
    (datetime.timezone(datetime.timedelta(days=-1, seconds=57600)), None)
    """
    if name.upper() in {"UTC", "Z"}:
        return UTC
    found = _OFFSET.fullmatch(name)
    if found:
        minutes = int(found[2]) * 60 + int(found[3])
        sign = -1 if found[1] == "-" else 1
        return timezone(timedelta(minutes=sign * minutes)) if minutes < 24 * 60 else None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _read(export: Export, path: Path, provider: str, format_: str | None, seen: dict[Line, str]) -> None:
    document = opened(path.name, _bytes(path))
    name = format_ or _recognised(document)
    form = FORMATS[name]
    if form.PROVIDER is not None and provider != form.PROVIDER:
        raise ConfigError(
            f"{path.name} is an export of {form.PROVIDER} ({form.TITLE}), and --provider says {provider}",
            code="other_provider",
        )
    _has_all(document, form)
    export.files.append((path.name, name))
    if document.unfinished:
        export.notes.append(
            f"{path.name} says that there are more pages (has_more): days that are not in it look like days "
            "without usage"
        )
    for found in form.read(document):
        if isinstance(found, Flaw):
            export.flaw_count += 1
            if len(export.flaws) < MOST_FLAWS:
                export.flaws.append(found)
            continue
        same = msgspec.structs.replace(found, where="", file="")
        if same in seen and (found.input_tokens is not None or found.nanos is not None):
            export.repeated.append(f"{path.name}: {found.where}, as {seen[same]}")
            continue
        seen.setdefault(same, f"{path.name}: {found.where}")
        export.lines.append(found)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigError(
                f"{path} has more than {MOST_BYTES // 1024**2} MB: export sums by day and model",
                code="unreadable_export",
            )
        raw = path.read_bytes()
        return gzip.decompress(raw) if raw.startswith(_GZIP) else raw
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(f"{path} cannot be read: {error}", code="unreadable_export") from error


def _recognised(document: Document) -> str:
    named = [name for name, form in FORMATS.items() if form.recognises(document)]
    if named:
        return named[0]
    known = "; ".join(f"{name} ({form.TITLE})" for name, form in FORMATS.items())
    there = f" Its columns are {', '.join(document.columns)}." if document.columns else ""
    raise ConfigError(
        f"{document.file} is of no format that is known.{there} Known are: {known}", code="unknown_format"
    )


def _has_all(document: Document, form: Format) -> None:
    """Raises if a key or column is nowhere; a line that lacks it by itself is kept aside later."""
    there = set(document.columns)
    for _, bucket, results in document.buckets():
        there |= set(bucket)
        for one in results:
            if isinstance(one, dict):
                there |= {f"results.{key}" for key in one}
                there |= {
                    f"results.{key}.{inner}"
                    for key, value in one.items()
                    if isinstance(value, dict)
                    for inner in value
                }
    without_results = document.pages and not any(key.startswith("results.") for key in there)
    missing = [name for name in form.WANTED if name not in there and not (without_results and "." in name)]
    if missing:
        raise ConfigError(
            f"{document.file} lacks {', '.join(missing)}, which {form.TITLE} has", code="missing_columns"
        )


def _one_currency(lines: Sequence[Line]) -> None:
    found: dict[str, Line] = {}
    for line in lines:
        if line.nanos is not None:
            found.setdefault(line.currency, line)
    if len(found) > 1:
        places = ", ".join(
            f"{name.upper()} at {line.where} of {line.file}" for name, line in sorted(found.items())
        )
        raise ConfigError(
            f"the export has amounts in {len(found)} currencies: {places}; export one currency at a time",
            code="several_currencies",
        )


def _one_file_each(lines: Sequence[Line]) -> None:
    for what, files in (
        ("tokens", sorted({line.file for line in lines if line.input_tokens is not None})),
        ("amounts", sorted({line.file for line in lines if line.nanos is not None})),
    ):
        days: dict[tuple[int | None, str, str], str] = {}
        for line in lines:
            has = line.input_tokens is not None if what == "tokens" else line.nanos is not None
            if has and len(files) > 1:
                key = (line.start_ns, line.day, line.model)
                other = days.setdefault(key, line.file)
                if other != line.file:
                    raise ConfigError(
                        f"{other} and {line.file} both have {what} of one day and model: that would count twice; give "
                        "one of them",
                        code="overlapping_exports",
                    )
