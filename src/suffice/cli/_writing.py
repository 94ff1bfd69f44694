"""The one way in which commands write the pages and documents that were asked for."""

from __future__ import annotations

from pathlib import Path

from suffice.errors import StoreError


def write(path: Path, data: bytes) -> None:
    """Writes a file and its folder.

    Raises:
        StoreError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}", code="not_written") from error
