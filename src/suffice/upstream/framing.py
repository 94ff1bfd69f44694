"""The chunked framing of HTTP/1.1 as nearly everybody writes it: a length in small hexadecimal digits, and no more.

Source: RFC 9112, section 7.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

FrameSink = Callable[[bytes], bool | None]
"""Takes parts of a body in the frames in which they came; returns whether it takes more for now, or `None` if it did
not take these: somebody has to look closer."""

EVENT_FRAME_END = b"\n\n\r\n"
"""How a frame ends that holds whole events, as they are usually written."""
_MOST_BYTES = 1024


def framed(body: bytes) -> bytes:
    r"""Returns a part of a body as it goes over the wire; an empty one would end the body.

    >>> framed(b"data: 1")
    b'7\r\ndata: 1\r\n'
    """
    return b"%x\r\n%b\r\n" % (len(body), body)


def without(frames: bytes, part: bytes) -> bytes:
    r"""Returns frames with a part taken out of each, under the lengths that they have then.

    >>> without(b"5\r\ndata:\r\n6\r\ndata:1\r\n", b":1")
    b'5\r\ndata:\r\n4\r\ndata\r\n'
    """
    made, at = [], 0
    while at < len(frames):
        begin = frames.index(b"\r\n", at) + 2
        end = begin + int(frames[at : begin - 2], 16)
        made.append(framed(frames[begin:end].replace(part, b"")))
        at = end + 2
    return b"".join(made)


def _heads() -> Mapping[int, bytes]:
    heads = (b"%x\r\n" % size for size in range(1, _MOST_BYTES))
    return {len(head) + size + 2: head for size, head in enumerate(heads, 1)}


FRAME_HEADS: Mapping[int, bytes] = _heads()
"""How a frame of so many bytes in all has to begin: to look that up costs less than to read its length. A chunk of a
stream is short; what is longer is read as anything else is."""


def are_frames(data: bytes) -> bool:
    r"""Tells whether bytes are nothing but whole frames, none of them long, that each end with `EVENT_FRAME_END`.

    >>> are_frames(b"3\r\na\n\n\r\n3\r\nb\n\n\r\n"), are_frames(b"3\r\na\n\n\r\n3\r\nb")
    (True, False)
    """
    at = 0
    while at < len(data):
        end = data.find(EVENT_FRAME_END, at) + len(EVENT_FRAME_END)
        if not data.startswith(FRAME_HEADS.get(end - at, ()), at):
            return False
        at = end
    return True
