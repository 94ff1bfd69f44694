"""One captured call as bytes, and a file of them read back.

A file begins with `HEADER`, whose last byte is the version. A record is two lengths (unsigned, 32 bits, big-endian),
then a sealed head and a sealed body. The head is what sampling and a list need, as JSON; the body is the `LoggedCall`
as JSON, compressed with zstd. A body is bound to its own head: it opens beside no other.

A worker can be killed in the middle of a write: a record that was cut short ends a file, and all before it is whole.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
import zstandard

from suffice.errors import StoreError
from suffice.store.cipher import AesGcm
from suffice.types import ClientApi, LoggedCall

HEADER = b"sufficecaptures\x01"
MAX_PART_BYTES = 256 * 1024 * 1024
"""A head or body that claims to be longer is damage."""

_LENGTHS = struct.Struct(">II")
_LEVEL = 3


class CaptureHead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a captured call without its bodies."""

    id: str
    """Of the decision, also in the ledger."""
    bucket: str
    """The use-case bucket that the decision named."""
    reservoir: str
    """Where it was drawn: the bucket, or one that the rarest of very many buckets share."""
    priority: int
    """Its lot: of one reservoir and day, those with the smallest are kept."""
    keep: int
    """How many of them are."""
    received_ns: int
    api: ClientApi = "chat_completions"
    provider: str = ""
    model: str = ""
    feature: str = "untagged"


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A record that could not be read."""

    file: str
    number: int
    """Which record of the file, from 1."""
    reason: str
    """A snake_case code, a colon, and words."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A record of a file: its head, and where it is."""

    head: CaptureHead
    number: int
    offset: int
    size: int
    sealed_head: bytes
    sealed_body: bytes | None = None
    """Read only where it is asked for."""


_decode_head = msgspec.json.Decoder(CaptureHead).decode
_decode_call = msgspec.json.Decoder(LoggedCall).decode
_encode = msgspec.json.Encoder().encode


def pack(head: CaptureHead, call: LoggedCall, cipher: AesGcm) -> bytes:
    """Returns a record's bytes."""
    sealed_head = cipher.seal(_encode(head))
    body = zstandard.ZstdCompressor(level=_LEVEL).compress(_encode(call))
    sealed_body = cipher.seal(body, bound_to=sealed_head)
    return _LENGTHS.pack(len(sealed_head), len(sealed_body)) + sealed_head + sealed_body


def read_heads(path: Path, cipher: AesGcm) -> Iterator[Found | Unreadable]:
    """Yields the heads of a file, without reading bodies."""
    return _records(path, cipher, bodies=False)


def read_calls(path: Path, cipher: AesGcm) -> Iterator[tuple[CaptureHead, LoggedCall] | Unreadable]:
    """Yields the calls of a file. Reads one at a time; a record that cannot be read is said and passed over.

    Args:
        path: The file. One that vanishes before it is opened is empty.
        cipher: With the keys that it was written with.

    Raises:
        StoreError: The file cannot be read, or a key is missing.
    """
    for record in _records(path, cipher, bodies=True):
        if isinstance(record, Unreadable):
            yield record
            continue
        try:
            call = unpack(record, cipher)
        except StoreError as error:
            if error.code == "unknown_key":
                raise
            yield Unreadable(file=path.name, number=record.number, reason=f"{error.code}: {error.message}")
        else:
            yield record.head, call


def read_sample(path: Path, cipher: AesGcm) -> Iterator[tuple[CaptureHead, LoggedCall] | Unreadable]:
    """Yields the calls of a file that belong to its sample; see `limits`.

    A worker writes a call before it knows what the rest of the day brings: until a file is thinned, it holds more of
    the day's beginning than of its end.

    Raises:
        StoreError: The file cannot be read, or a key is missing.
    """
    heads = (record.head for record in read_heads(path, cipher) if isinstance(record, Found))
    limit = limits(heads)
    for record in read_calls(path, cipher):
        if isinstance(record, Unreadable) or record[0].priority <= limit.get(record[0].reservoir, -1):
            yield record


def limits(heads: Iterable[CaptureHead]) -> dict[str, int]:
    """Returns the largest priority that belongs to the sample, by reservoir.

    The `keep` smallest priorities of a reservoir are a random sample of all its calls, drawn without replacement, and
    those of several files together are one of all their calls.

    Source: Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007, section 2.
    """
    found: dict[str, list[int]] = {}
    keep: dict[str, int] = {}
    for head in heads:
        found.setdefault(head.reservoir, []).append(head.priority)
        keep[head.reservoir] = head.keep
    return {
        name: sorted(priorities)[: keep[name]][-1] for name, priorities in found.items() if keep[name] > 0
    }


def unpack(record: Found, cipher: AesGcm) -> LoggedCall:
    """Returns the call of a record that was read with its body.

    Raises:
        StoreError: It cannot be read.
    """
    body = cipher.open(record.sealed_body or b"", bound_to=record.sealed_head)
    try:
        return _decode_call(zstandard.ZstdDecompressor().decompress(body, max_output_size=MAX_PART_BYTES))
    except (zstandard.ZstdError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StoreError(f"the body of a capture is none: {error}", code="damaged") from error


def _records(path: Path, cipher: AesGcm, *, bodies: bool) -> Iterator[Found | Unreadable]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}", code="unreadable_captures") from error
    with file:
        header = file.read(len(HEADER))
        if header != HEADER:
            if not HEADER.startswith(header):
                yield Unreadable(
                    file=path.name, number=1, reason="no_captures: it does not begin like one of ours"
                )
            return
        yield from _after_header(file, path, cipher, bodies=bodies)


def _after_header(
    file: BinaryIO, path: Path, cipher: AesGcm, *, bodies: bool
) -> Iterator[Found | Unreadable]:
    end = os.fstat(file.fileno()).st_size
    offset, number = len(HEADER), 0
    while offset + _LENGTHS.size <= end:
        number += 1
        head_bytes, body_bytes = _LENGTHS.unpack(file.read(_LENGTHS.size))
        size = _LENGTHS.size + head_bytes + body_bytes
        if max(head_bytes, body_bytes) > MAX_PART_BYTES:
            yield Unreadable(
                file=path.name, number=number, reason="damaged: a record of an impossible length"
            )
            return
        if offset + size > end:
            # The last one, cut short by a kill, or still being written.
            return
        sealed_head = file.read(head_bytes)
        sealed_body = file.read(body_bytes) if bodies else None
        try:
            head = _decode_head(cipher.open(sealed_head))
        except StoreError as error:
            if error.code == "unknown_key":
                raise
            yield Unreadable(file=path.name, number=number, reason=f"{error.code}: {error.message}")
        except msgspec.MsgspecError as error:
            yield Unreadable(file=path.name, number=number, reason=f"damaged: {error}")
        else:
            yield Found(
                head=head,
                number=number,
                offset=offset,
                size=size,
                sealed_head=sealed_head,
                sealed_body=sealed_body,
            )
        offset += size
        file.seek(offset)
