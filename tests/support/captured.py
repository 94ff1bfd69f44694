"""Captured calls for tests: records, files of them, and reading a folder back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from suffice.store.captures.files import CaptureFiles, files
from suffice.store.captures.record import CaptureHead, Unreadable, pack, read_calls
from suffice.store.cipher import AesGcm
from suffice.types import LoggedCall

KEY = bytes(range(32))
CIPHER = AesGcm([KEY])
DAY = "2026-11-24"
DAY_NS = 86_400_000_000_000
NOON_NS = 1_795_521_600_000_000_000
"""Of that day."""


def head(number: int, **more: Any) -> CaptureHead:
    fields: dict[str, Any] = {
        "id": f"id-{number:06d}",
        "bucket": "tickets",
        "reservoir": more.get("bucket", "tickets"),
        "priority": number,
        "keep": 100,
        "received_ns": NOON_NS,
        **more,
    }
    return CaptureHead(**fields)


def call(number: int, text: str = "Where is my parcel?") -> LoggedCall:
    return LoggedCall(
        id=f"id-{number:06d}",
        source="captures",
        model="gpt-5.4",
        request={"model": "gpt-5.4", "messages": [{"role": "user", "content": text}]},
        response={"choices": [{"message": {"role": "assistant", "content": f"Answer {number}"}}]},
        received_ns=NOON_NS,
    )


def record(number: int, **more: Any) -> bytes:
    return pack(head(number, **more), call(number), CIPHER)


def write(directory: Path, records: list[bytes], *, worker: str = "1-aa", day: str = DAY) -> Path:
    """Writes one finished file."""
    writer = CaptureFiles(directory, worker=worker)
    for one in records:
        writer.write(one, day=day)
    writer.close()
    return next(path for _, path in files(directory) if path.name.startswith(f"{day}-{worker}-"))


def captured(directory: Path, cipher: AesGcm = CIPHER) -> list[LoggedCall]:
    """Returns every call of a folder; nothing in it may be unreadable."""
    found = [one for _, path in files(directory) for one in read_calls(path, cipher)]
    assert not any(isinstance(one, Unreadable) for one in found)
    return [one[1] for one in found if not isinstance(one, Unreadable)]
