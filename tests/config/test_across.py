"""Another provider in the place of the one that was asked: what has to be configured for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from suffice.config import ElsewhereSettings, Settings, load
from suffice.errors import ConfigError

ENVIRON = {"OUR_KEY": "operator", "OTHER_KEY": "operator-2"}
VENDORS = {"gemini": {"base_url": "https://gemini.example/v1", "wire": "openai"}}
CLAUDE = '[providers.anthropic]\nkey = "env:OUR_KEY"\n'
AZURE = '[providers.azure]\nbase_url = "https://azure.example/openai/v1"\nkey = "env:OTHER_KEY"\n'


def settings(text: str, folder: Path) -> Settings:
    path = folder / "suffice.toml"
    path.write_text(text)
    return load(path, ENVIRON, VENDORS)


def test_nothing_crosses_unless_it_is_said(tmp_path: Path) -> None:
    found = settings(CLAUDE, tmp_path)
    assert (found.route.across_providers, found.elsewhere) == ((), {})


def test_providers_with_keys_of_their_own_may_serve(tmp_path: Path) -> None:
    text = f'[route]\nacross_providers = ["anthropic", "gemini"]\n{CLAUDE}[providers.gemini]\nkey = "env:OTHER_KEY"\n'
    assert settings(text, tmp_path).route.across_providers == ("anthropic", "gemini")


def test_a_model_is_served_elsewhere_by_its_name_or_another(tmp_path: Path) -> None:
    text = (
        f'[elsewhere."openai/gpt-5.4"]\nprovider = "azure"\nmodel = "our-deployment"\n'
        f'[elsewhere."openai/gpt-5.4-mini"]\nprovider = "azure"\n{AZURE}'
    )
    assert settings(text, tmp_path).elsewhere == {
        "openai/gpt-5.4": ElsewhereSettings(provider="azure", model="our-deployment"),
        "openai/gpt-5.4-mini": ElsewhereSettings(provider="azure"),
    }


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (
            '[route]\nacross_providers = ["anthropic"]\n',
            2,
            'no key of its own: add key = "env:NAME" to [providers.anthropic]',
        ),
        (
            '[route]\nacross_providers = ["anthropic"]\n[providers.anthropic]\nkey = "client"\n',
            2,
            "no key of its own",
        ),
        (f'[route]\nacross_providers = ["antropic"]\n{CLAUDE}', 2, 'did you mean "anthropic"?'),
        (f'[route]\nacross_providers = ["zzz"]\n{CLAUDE}', 2, "add [providers.zzz]"),
        (f'{AZURE}[elsewhere."openai/gpt-5.4"]\nmodel = "x"\n', 4, 'needs provider = "..."'),
        (f'{AZURE}[elsewhere."gpt-5.4"]\nprovider = "azure"\n', 4, "is no PROVIDER/MODEL"),
        (f'{AZURE}[elsewhere."opnai/gpt-5.4"]\nprovider = "azure"\n', 4, 'did you mean "openai"?'),
        (f'{AZURE}[elsewhere."openai/gpt-5.4"]\nprovider = "azur"\n', 5, 'did you mean "azure"?'),
        (f'{AZURE}[elsewhere."azure/gpt-5.4"]\nprovider = "openai"\n', 5, "no key of its own"),
        (f'{AZURE}[elsewhere."azure/gpt-5.4"]\nprovider = "azure"\n', 5, "names its own provider"),
        (
            f'{CLAUDE}[elsewhere."openai/gpt-5.4"]\nprovider = "anthropic"\n',
            4,
            "speaks anthropic's wire format",
        ),
        (f'{AZURE}[elsewhere."openai/gpt-5.4"]\nprovider = "azure"\nmodell = "x"\n', 6, "unknown key"),
    ],
)
def test_what_cannot_be_is_told_with_its_line_and_what_to_do(
    text: str, line: int, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(text, tmp_path)
    assert f"suffice.toml:{line}:" in caught.value.message
    assert said in caught.value.message


def test_a_key_whose_variable_is_not_set_is_one_problem_not_two(tmp_path: Path) -> None:
    text = '[route]\nacross_providers = ["anthropic"]\n[providers.anthropic]\nkey = "env:NOT_SET"\n'
    with pytest.raises(ConfigError) as caught:
        settings(text, tmp_path)
    assert caught.value.message.count("\n") == 0


def test_a_provider_without_a_model_in_the_catalog_could_never_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "suffice.toml"
    path.write_text(f'[route]\nacross_providers = ["anthropic", "azure"]\n{CLAUDE}{AZURE}')
    with pytest.raises(ConfigError) as caught:
        load(path, ENVIRON, VENDORS, catalog_providers=["openai", "anthropic"])
    assert "suffice.toml:2:" in caught.value.message
    assert 'the catalog has no model of "azure"' in caught.value.message
    assert caught.value.message.count("\n") == 0
