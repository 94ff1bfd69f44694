from __future__ import annotations

import copy
import tomllib
from importlib import resources
from typing import Any

import pytest

from suffice.catalog import Catalog, read_rows
from suffice.catalog.parameters import dialects_of, load_parameters, read_parameters
from suffice.catalog.prices import BUILT_IN, PriceBook
from suffice.errors import ConfigError
from suffice.policy.constraints import TEXTS
from suffice.policy.traits import TRAITS

DATA = load_parameters()
DIALECTS = dialects_of(DATA)
RAW = tomllib.loads(resources.files("suffice.catalog").joinpath("parameters.toml").read_text("utf-8"))
AT_NS = 1_795_478_400_000_000_000


def test_every_model_of_the_catalog_is_in_one_family() -> None:
    models = {(row.provider, row.model) for row in Catalog.load(at_ns=AT_NS).rows}
    assert DIALECTS.keys() == models


def test_every_provider_serves_its_own_api_and_the_one_that_others_share() -> None:
    apis = {provider: set(found) for (provider, _), found in DIALECTS.items()}
    assert apis == {
        "openai": {"chat_completions", "responses"},
        "anthropic": {"messages", "chat_completions"},
        "gemini": {"chat_completions"},
    }


def test_the_models_of_a_family_share_one_value() -> None:
    assert DIALECTS["openai", "gpt-4o"]["responses"] is DIALECTS["openai", "gpt-4o-mini"]["responses"]


def test_every_family_says_on_each_api_how_it_thinks() -> None:
    thinkings = DATA.thinkings()
    for family in DATA.family:
        for endpoint in DATA.endpoint:
            if endpoint.provider == family.provider:
                found = thinkings[family.name, endpoint.api]
                assert found.default == "none" or found.default in {*found.levels, "dynamic", "adaptive"}
                assert (found.off is None) == ("none" not in found.levels)


def test_what_every_request_has_is_known_of_every_family() -> None:
    for (_, model), found in DIALECTS.items():
        for api, dialect in found.items():
            needed = {"model", "stream", "input" if api == "responses" else "messages"}
            assert needed <= dialect.plain, model


def test_every_row_has_a_source_and_no_rule_is_of_a_parameter_that_nobody_takes_or_refuses() -> None:
    rows = [*DATA.endpoint, *DATA.thinking, *DATA.rule]
    assert all(row.source and row.as_of for row in rows)
    ruled = {(api, name) for _, api, name in DATA.rules()}
    # Container state pins a request, and where it runs is not known to matter to a model: both stay on the baseline.
    unruled = {
        ("messages", "container"),
        ("messages", "inference_geo"),
        ("chat_completions", "prompt_cache_retention"),
    }
    assert DATA.parameters().keys() - ruled <= {*unruled, ("responses", "prompt_cache_retention")}


def test_every_veto_is_a_constraint_and_every_trait_is_known() -> None:
    assert {row.veto for row in DATA.parameters().values()} <= TEXTS.keys()
    assert {name for _, name in DATA.parameters() if ": " in name} == TRAITS.keys()


def change(**parts: Any) -> dict[str, Any]:
    data = copy.deepcopy(RAW)
    for part, row in parts.items():
        data[part].append(
            {**row, "source": "a test", "as_of": RAW["rule"][0]["as_of"]} if part in DATED else row
        )
    return data


DATED = {"rule", "thinking", "endpoint"}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (
            {"rule": {"families": ["gpt-4o"], "apis": ["chat_completions"], "parameters": ["stop"]}},
            "two rules",
        ),
        ({"rule": {"families": ["gpt-9"], "apis": ["chat_completions"], "parameters": ["stop"]}}, "gpt-9"),
        ({"rule": {"families": ["gpt-4o"], "apis": ["messages"], "parameters": ["speed"]}}, "does not serve"),
        (
            {"rule": {"families": ["gpt-4o"], "apis": ["responses"], "parameters": ["colour"]}},
            "responses/colour",
        ),
        ({"rule": {"families": ["gpt-4o"], "apis": ["responses"], "parameters": [], "colour": 1}}, "colour"),
        ({"parameter": {"apis": ["messages"], "names": ["speed"], "veto": "stop"}}, "there twice"),
        ({"parameter": {"apis": ["messages"], "names": ["colour"], "veto": "no_colour"}}, "no constraint"),
        ({"family": {"name": "x", "provider": "openai", "models": ["gpt-4o"]}}, "two families"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused(parts: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        dialects_of(read_parameters(change(**parts)))


def test_a_trait_that_nobody_looks_for_is_refused() -> None:
    data = change(parameter={"apis": ["messages"], "names": ["messages: rhymes"], "veto": "stop"})
    rule = {"families": ["claude"], "apis": ["messages"], "parameters": ["messages: rhymes"]}
    data["rule"].append({**rule, "source": "a test", "as_of": RAW["rule"][0]["as_of"]})
    with pytest.raises(ConfigError, match="no trait"):
        read_parameters(data)


def test_a_model_in_no_family_is_refused() -> None:
    models = tomllib.loads(resources.files("suffice.catalog").joinpath("models.toml").read_text("utf-8"))
    with pytest.raises(ConfigError, match="in no family"):
        Catalog(read_rows(models), PriceBook({**BUILT_IN, "gemini": "google"}), at_ns=AT_NS, dialects={})
