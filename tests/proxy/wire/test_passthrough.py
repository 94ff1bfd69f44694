from __future__ import annotations

from suffice.proxy.transcript import Transcript, Verdict
from suffice.proxy.wire import passthrough


def test_events_go_by_unread() -> None:
    transcript = Transcript("passthrough")
    event = b'data: {"model":"m","usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n'
    assert passthrough.see(event, transcript, False) == (Verdict.FORWARD, event)
    assert transcript.model is None
    assert transcript.settled_usage(5, streamed=False) is None
    assert passthrough.ask_for_usage(b'{"stream":true}', {"stream": True}) is None
