"""The chunked framing of HTTP/1.1 as nearly everybody writes it: a length in small hexadecimal digits, and no more.

Source: RFC 9112, section 7.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

FrameSink = Callable[[bytes], bool | None]
"""Takes a part of a body in the frame in which it came; returns whether it takes more for now, or `None` if it did not
take this one: somebody has to look closer."""

EVENT_FRAME_END = b"\n\n\r\n"
"""How a frame ends that holds whole events, as they are usually written."""
_MOST_BYTES = 1024


def framed(body: bytes) -> bytes:
    r"""Returns a part of a body as it goes over the wire; an empty one would end the body.

    >>> framed(b"data: 1")
    b'7\r\ndata: 1\r\n'
    """
    return b"%x\r\n%b\r\n" % (len(body), body)


def reframed(frame: bytes) -> bytes:
    r"""Returns a frame that something was cut out of with the length that it has now.

    >>> reframed(b"7\r\ndata:\r\n")
    b'5\r\ndata:\r\n'
    """
    _, _, body = frame.partition(b"\r\n")
    return b"%x\r\n%b" % (len(body) - 2, body)


def _heads() -> Mapping[int, bytes]:
    heads = (b"%x\r\n" % size for size in range(1, _MOST_BYTES))
    return {len(head) + size + 2: head for size, head in enumerate(heads, 1)}


FRAME_HEADS: Mapping[int, bytes] = _heads()
"""How a frame of so many bytes in all has to begin: to look that up costs less than to read its length. A chunk of a
stream is short; what is longer is read as anything else is."""
