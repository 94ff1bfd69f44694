from __future__ import annotations

from suffice.config.schema import (
    PROVIDER,
    SCALARS,
    SECTIONS,
    expectation,
    fields_of,
    is_secret,
    takes_client_key,
)


def test_the_keys_are_those_that_a_person_writes() -> None:
    assert set(SCALARS) == {"mode"}
    assert set(SECTIONS) == {
        "server", "data", "observation", "policy", "route", "bakeoff", "certificates", "captures", "limits",
        "guard", "budgets",
    }  # fmt: skip
    assert set(PROVIDER) == {"base_url", "wire", "key", "prices", "default"}


def test_expectations_say_type_and_range() -> None:
    server = fields_of(SECTIONS["server"])
    limits = fields_of(SECTIONS["limits"])
    assert expectation(server["port"]) == "a whole number from 1 to 65535"
    assert expectation(limits["read_timeout_s"]) == "a number above 0, at most 86400"
    assert expectation(SCALARS["mode"]) == '"observe" or "off" or "route"'
    assert expectation(PROVIDER["default"]) == "true or false"
    assert expectation(PROVIDER["prices"]) == "a text in quotes"
    assert expectation(PROVIDER["key"]) == '"client" or "env:NAME", with NAME a variable'
    assert expectation(fields_of(SECTIONS["captures"])["key"]) == '"env:NAME", with NAME a variable'
    assert expectation(server["access_token"]) == '"env:NAME", with NAME a variable'


def test_only_keys_and_tokens_are_secret() -> None:
    fields = [
        *PROVIDER.values(),
        *(field for kind in SECTIONS.values() for field in fields_of(kind).values()),
    ]
    assert [field.encode_name for field in fields if is_secret(field)] == [
        "key", "access_token", "webhook_secret", "key",
    ]  # fmt: skip


def test_a_provider_alone_takes_its_clients_key() -> None:
    assert takes_client_key(PROVIDER["key"])
    assert not takes_client_key(fields_of(SECTIONS["captures"])["key"])
    assert not takes_client_key(PROVIDER["prices"])
