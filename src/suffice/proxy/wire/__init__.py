"""How each client API streams: one file per API, the folder is the registry.

A wire module has two functions. `see(event, transcript, asked)` reads one event of a stream into the transcript
and says what to do with it; `asked` is true where suffice asked for usage that the client did not.
`ask_for_usage(body, read)` returns the request's bytes changed as little as possible so that the stream ends with
usage, or `None` where nothing has to change.

Most of a stream's chunks are whole events that are only deltas; once the model is known, none of these has to be seen.
A module says how to know them: neither of `TELLING` stands in them, and `UNASKED` is what they carry for the asking.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from suffice.proxy.transcript import Transcript, Verdict
from suffice.proxy.wire import chat_completions, messages, passthrough, responses
from suffice.types import ClientApi


class Wire(Protocol):
    """What a wire module offers."""

    TELLING: tuple[bytes, bytes]
    """Whole events in which neither of these stands are only deltas."""
    UNASKED: bytes
    """To be taken out of a delta where suffice asked for usage; empty where nothing is asked for."""

    def see(self, event: bytes, transcript: Transcript, asked: bool) -> tuple[Verdict, bytes]:
        """Reads one event; returns what to do, and the bytes to forward."""

    def ask_for_usage(self, body: bytes, read: Mapping[str, Any]) -> bytes | None:
        """Returns the body that also asks for usage, or `None`."""


def only_deltas(wire: Wire, events: bytes) -> bool:
    """Tells whether whole events are only deltas. Cannot fail: bytes are searched for bytes."""
    # `find`: `in` is twice as slow.
    one, other = wire.TELLING
    return events.find(one) < 0 and events.find(other) < 0


WIRES: Mapping[ClientApi, Wire] = {
    "chat_completions": chat_completions,
    "responses": responses,
    "messages": messages,
    "embeddings": passthrough,
    "passthrough": passthrough,
}
