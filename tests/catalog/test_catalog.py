from __future__ import annotations

from typing import Any

import pytest

from suffice.catalog import Catalog, read_rows
from suffice.catalog.prices import PriceBook
from suffice.errors import ConfigError

AT_NS = 1_795_478_400_000_000_000
CATALOG = Catalog.load(at_ns=AT_NS)
ROW: dict[str, Any] = {
    "provider": "openai",
    "model": "gpt-5.4",
    "tier": "flagship",
    "context_tokens": 1,
    "max_output_tokens": 1,
    "capabilities": ["tools"],
    "source": "a test",
    "as_of": "2026-11-24",
}

NEEDED = [
    ("openai", "gpt-5.4", "flagship"),
    ("openai", "gpt-5.4-mini", "mini"),
    ("openai", "gpt-5.4-nano", "nano"),
    ("openai", "gpt-6-luna", "nano"),
    ("anthropic", "claude-haiku-4-5", "mini"),
    ("anthropic", "claude-sonnet-5", "flagship"),
    ("anthropic", "claude-opus-5", "flagship"),
    ("gemini", "gemini-3-flash-preview", "mini"),
    ("gemini", "gemini-2.5-flash", "mini"),
    ("openai", "gpt-4o-2024-08-06", "flagship"),
    ("openai", "gpt-4o-mini-2024-07-18", "mini"),
    ("openai", "gpt-3.5-turbo-0125", "nano"),
    ("anthropic", "claude-3-5-sonnet-20240620", "flagship"),
    ("anthropic", "claude-3-haiku-20240307", "nano"),
]


@pytest.mark.parametrize(("provider", "model", "tier"), NEEDED)
def test_a_model_is_found_by_its_name_dated_or_not(provider: str, model: str, tier: str) -> None:
    found = CATALOG.resolve(provider, model)
    assert found is not None
    assert found.tier == tier
    assert found.rates[-1].input
    assert found.rates[-1].output


def test_names_that_only_look_alike_are_not_found() -> None:
    assert CATALOG.resolve("openai", "gpt-5.4-pro") is None
    assert CATALOG.resolve("anthropic", "gpt-5.4") is None
    assert CATALOG.resolve("openai", "gpt-5.4-2026") is None


def test_a_smaller_sibling_is_never_of_a_higher_tier() -> None:
    order = ["nano", "mini", "flagship"]
    for models in CATALOG.candidates().values():
        for model in models:
            for name in model.smaller:
                sibling = CATALOG.resolve(model.provider, name)
                assert sibling is not None
                assert order.index(sibling.tier) < order.index(model.tier)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"contxt_tokens": 5}, "contxt_tokens"),
        ({"tier": "huge"}, "tier"),
        ({"capabilities": ["telepathy"]}, "capabilities"),
        ({"as_of": "soon"}, "as_of"),
    ],
)
def test_a_bad_row_is_named_with_its_fault(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigError, match=rf"model 1 \(gpt-5.4\).*{fault}"):
        read_rows({"model": [{**ROW, **change}]})


def test_a_missing_field_and_a_stray_table_are_named() -> None:
    with pytest.raises(ConfigError, match="source"):
        read_rows({"model": [{name: value for name, value in ROW.items() if name != "source"}]})
    with pytest.raises(ConfigError, match="models"):
        read_rows({"models": [ROW]})


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([ROW, ROW], "is there twice"),
        ([{**ROW, "model": "no-such-model"}], "has no price"),
        ([{**ROW, "smaller": ["no-such-model"]}], "which is not there"),
    ],
)
def test_rows_must_agree_with_each_other_and_with_the_price_book(
    rows: list[dict[str, Any]], fault: str
) -> None:
    with pytest.raises(ConfigError, match=fault):
        Catalog(read_rows({"model": rows}), PriceBook(), at_ns=AT_NS)


def test_every_name_leads_to_the_catalogs_own() -> None:
    catalog = Catalog.load(at_ns=AT_NS)
    names = catalog.names()
    for row in catalog.rows:
        assert {names[name] for name in (row.model, *row.aliases)} == {row.model}
        assert {catalog.name_of(name) for name in (row.model, *row.aliases)} == {row.model}
    assert catalog.name_of("gpt-4o-2024-08-06") == "gpt-4o"
    assert catalog.name_of("somebody-elses-model") == "somebody-elses-model"


def test_the_providers_of_a_model_are_known() -> None:
    catalog = Catalog.load(at_ns=AT_NS)
    assert catalog.providers_of("gpt-5.4-2026-03-05") == ["openai"]
    assert catalog.providers_of("claude-opus-5") == ["anthropic"]
    assert catalog.providers_of("nobody") == []


def test_a_name_is_one_providers_alone() -> None:
    rows = [ROW, {**ROW, "provider": "gemini"}]
    with pytest.raises(ConfigError, match="is a model of openai and of gemini"):
        Catalog(read_rows({"model": rows}), PriceBook(), at_ns=AT_NS)


def test_models_that_may_cross_go_by_name_and_pay_for_cached_input_where_nothing_is_cached() -> None:
    found = CATALOG.across(["anthropic", "nobody"])
    assert set(found) == {one.model for one in CATALOG.candidates()["anthropic"]}
    assert {one.provider for one in found.values()} == {"anthropic"}
    assert {rates.cache_read for one in found.values() for rates in one.rates} == {None}
    assert CATALOG.across([]) == {}
