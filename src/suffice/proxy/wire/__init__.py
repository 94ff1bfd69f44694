"""How each client API streams: one file per API, the folder is the registry.

A wire module has three functions. `see(event, transcript, asked)` reads one event of a stream into the transcript
and says what to do with it; `asked` is true where suffice asked for usage that the client did not.
`skim(chunk, asked)` is its shortcut for chunks of whole events, which most chunks are, once the model is known: it
returns the bytes to forward, or `None` if an event in them has to be seen. A chunk may come in its HTTP frame, which
says its old length if something is taken out.
`ask_for_usage(body, read)` returns the request's bytes changed as little as possible so that the stream ends with
usage, or `None` where nothing has to change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from suffice.proxy.transcript import Transcript, Verdict
from suffice.proxy.wire import chat_completions, messages, passthrough, responses
from suffice.types import ClientApi


class Wire(Protocol):
    """What a wire module offers."""

    def see(self, event: bytes, transcript: Transcript, asked: bool) -> tuple[Verdict, bytes]:
        """Reads one event; returns what to do, and the bytes to forward."""

    def skim(self, chunk: bytes, asked: bool) -> bytes | None:
        """Returns the bytes to forward of a chunk that holds only deltas, and of any other `None`."""

    def ask_for_usage(self, body: bytes, read: Mapping[str, Any]) -> bytes | None:
        """Returns the body that also asks for usage, or `None`."""


WIRES: Mapping[ClientApi, Wire] = {
    "chat_completions": chat_completions,
    "responses": responses,
    "messages": messages,
    "embeddings": passthrough,
    "passthrough": passthrough,
}
