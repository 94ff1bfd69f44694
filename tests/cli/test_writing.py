from __future__ import annotations

from pathlib import Path

import pytest

from suffice.cli._writing import write
from suffice.errors import StoreError


def test_a_file_is_written_with_its_folder(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b.html", b"page")
    assert (tmp_path / "a" / "b.html").read_bytes() == b"page"


def test_what_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file/b\.html cannot be written: "):
        write(tmp_path / "file" / "b.html", b"page")
