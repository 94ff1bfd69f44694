from __future__ import annotations

import pytest

from suffice import errors


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigError("m"), "bad_config"),
        (errors.RequestError("m", code="c"), "c"),
        (errors.UpstreamError("m", code="c"), "c"),
        (errors.PolicyError("m"), "bad_policy"),
        (errors.StoreError("m"), "store_failed"),
    ],
)
def test_every_error_has_a_message_and_a_stable_code(error: errors.SufficeError, code: str) -> None:
    assert isinstance(error, errors.SufficeError)
    assert (error.message, str(error), error.code) == ("m", "m", code)


def test_errors_of_clients_and_providers_carry_their_status() -> None:
    assert errors.RequestError("m", code="c").status == 400
    assert errors.UpstreamError("m", code="c").status == 502
    assert not errors.UpstreamError("m", code="c").billed
