"""How each client API streams: one file per API, the folder is the registry.

A wire module has three functions. `see(event, transcript, asked)` reads one event of a stream into the transcript
and says what to do with it; `asked` is true where suffice asked for usage that the client did not.
`skimmer(transcript, asked)` makes its shortcut for one stream's chunks of whole events, which most chunks are: a
function of a chunk that returns the bytes to forward, or `None` if an event in it has to be seen.
`ask_for_usage(body, read)` returns the request's bytes changed as little as possible so that the stream ends with
usage, or `None` where nothing has to change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from suffice.proxy.transcript import Skim, Transcript, Verdict
from suffice.proxy.wire import chat_completions, messages, passthrough, responses
from suffice.types import ClientApi


class Wire(Protocol):
    """What a wire module offers."""

    def see(self, event: bytes, transcript: Transcript, asked: bool) -> tuple[Verdict, bytes]:
        """Reads one event; returns what to do, and the bytes to forward."""

    def skimmer(self, transcript: Transcript, asked: bool) -> Skim:
        """Returns what tells the bytes to forward of a chunk that holds only deltas, and of any other `None`."""

    def ask_for_usage(self, body: bytes, read: Mapping[str, Any]) -> bytes | None:
        """Returns the body that also asks for usage, or `None`."""


WIRES: Mapping[ClientApi, Wire] = {
    "chat_completions": chat_completions,
    "responses": responses,
    "messages": messages,
    "embeddings": passthrough,
    "passthrough": passthrough,
}
