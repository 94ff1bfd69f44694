from __future__ import annotations

from suffice.testing.replay_upstream.reply import provider_headers, streamed, whole


def test_a_whole_reply_says_its_length() -> None:
    reply = whole(200, b"{}", [])
    assert (b"content-length", b"2") in reply.headers
    assert reply.size == 2


def test_a_stream_has_no_length() -> None:
    reply = streamed((b"one", b"two!"), [])
    assert not any(name == b"content-length" for name, _ in reply.headers)
    assert reply.size == 7


def test_each_provider_names_its_headers_its_own_way() -> None:
    anthropic = dict(provider_headers("messages", "ab" * 20))
    openai = dict(provider_headers("chat_completions", "ab" * 20))
    assert anthropic[b"request-id"].startswith(b"req_01ab")
    assert b"anthropic-ratelimit-tokens-remaining" in anthropic
    assert openai[b"x-request-id"].startswith(b"req_ab")
    assert b"x-ratelimit-remaining-tokens" in openai
    assert not anthropic.keys() & openai.keys()
