from __future__ import annotations

from suffice.config import Provider
from suffice.proxy.head import Head
from suffice.proxy.routes import Route
from suffice.types import ClientApi

RAW = [(b"host", b"here"), (b"authorization", b"Bearer key"), (b"accept-encoding", b"gzip")]


def head(api: ClientApi = "chat_completions", query: str = "") -> Head:
    provider = Provider(name="openai", base_url="http://there/v1", wire="openai")
    return Head(route=Route(provider, api, "http://there/v1/x"), raw=RAW, query=query)


def test_the_clients_query_goes_along() -> None:
    assert head().url("http://there/v1/x") == "http://there/v1/x"
    assert head(query="a=b").url("http://there/v1/x") == "http://there/v1/x?a=b"


def test_a_call_begins_the_same_for_every_request_with_the_head() -> None:
    one = head(query="a=b")
    opening = one.opening()
    assert opening.head == (
        b"POST /v1/x?a=b HTTP/1.1\r\nhost: there\r\nauthorization: Bearer key\r\naccept-encoding: identity\r\n"
    )
    assert one.opening() is opening


def test_an_answer_that_nobody_reads_may_be_compressed() -> None:
    assert b"accept-encoding: gzip\r\n" in head("passthrough").opening().head
