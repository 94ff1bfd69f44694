from __future__ import annotations

import json

import pytest

from suffice.errors import RequestError, UpstreamError
from suffice.proxy.errors import body_of, headers_of, status_of


@pytest.mark.parametrize(
    ("status", "openai_type", "anthropic_type"),
    [
        (400, "invalid_request_error", "invalid_request_error"),
        (401, "authentication_error", "authentication_error"),
        (404, "not_found_error", "not_found_error"),
        (413, "request_too_large", "request_too_large"),
        (429, "insufficient_quota", "rate_limit_error"),
    ],
)
def test_a_request_error_has_the_shape_of_the_clients_api(
    status: int, openai_type: str, anthropic_type: str
) -> None:
    error = RequestError("Too bad.", code="a_code", status=status)
    openai = json.loads(body_of(error, "openai", "id-1"))["error"]
    anthropic = json.loads(body_of(error, "anthropic", "id-1"))
    assert status_of(error) == status
    assert openai == {"message": "suffice: Too bad.", "type": openai_type, "param": None, "code": "a_code"}
    assert anthropic == {
        "type": "error",
        "error": {"type": anthropic_type, "message": "suffice: Too bad."},
        "request_id": "id-1",
    }


def test_an_upstream_error_is_a_server_error() -> None:
    error = UpstreamError("Gone.", code="upstream_timeout", status=504)
    assert json.loads(body_of(error, "openai", ""))["error"]["type"] == "server_error"
    assert json.loads(body_of(error, "anthropic", ""))["error"]["type"] == "timeout_error"
    assert status_of(error) == 504


def test_what_time_will_mend_says_when_and_is_not_tried_before() -> None:
    error = RequestError("Later.", code="a_code", status=429, retry_after_s=3600)
    assert headers_of(error) == [(b"retry-after", b"3600"), (b"x-should-retry", b"false")]
    assert headers_of(RequestError("Bad.", code="a_code")) == []
    assert headers_of(UpstreamError("Gone.", code="upstream_timeout")) == []
