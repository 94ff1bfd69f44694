"""What must hold where another provider may serve than the one that was asked: it is known, with a key of its own."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from suffice.config.convert import shown
from suffice.config.elsewhere import ElsewhereSettings, split, table_name
from suffice.config.problems import Place, Problems
from suffice.config.rules import place_of
from suffice.config.settings import Settings
from suffice.config.sources import Flat


def check(
    settings: Settings, flat: Flat, catalog_providers: Collection[str] | None, problems: Problems
) -> None:
    """Notes every rule that `across_providers` and `[elsewhere]` break.

    Args:
        settings: Values that each fit their type.
        flat: Where each was given.
        catalog_providers: Providers whose models the catalog knows; `None` if that is not to be checked.
        problems: Takes what is wrong.
    """
    place = place_of(flat, ("route", "across_providers"))
    for name in settings.route.across_providers:
        known = _check_provider(settings, flat, name, place, problems)
        if known and catalog_providers is not None and name not in catalog_providers:
            problems.add(
                place,
                f"the catalog has no model of {shown(name)}, so none could be chosen: name some of "
                f"{', '.join(catalog_providers)}",
            )
    for name, other in settings.elsewhere.items():
        _check_elsewhere(settings, flat, name, other, problems)


def _check_elsewhere(
    settings: Settings, flat: Flat, name: str, other: ElsewhereSettings, problems: Problems
) -> None:
    place = place_of(flat, ("elsewhere", name, "provider"))
    table = flat["elsewhere", name].place
    provider, model = split(name)
    if not provider or not model:
        problems.add(table, f'[{table_name(name)}] is no PROVIDER/MODEL: write [elsewhere."openai/gpt-5.4"]')
        return
    if not _is_known(settings, provider, table, problems):
        return
    if not _check_provider(settings, flat, other.provider, place, problems):
        return
    here, there = settings.providers[provider], settings.providers[other.provider]
    if here is there:
        problems.add(
            place, f"[{table_name(name)}] names its own provider: name another that has the model too"
        )
    elif here.wire != there.wire:
        problems.add(
            place,
            f"[providers.{there.name}] speaks {there.wire}'s wire format, [providers.{here.name}] {here.wire}'s: "
            "name one that takes the same requests",
        )


def _is_known(settings: Settings, name: str, place: Place, problems: Problems) -> bool:
    if name in settings.providers:
        return True
    near = difflib.get_close_matches(name, settings.providers, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"add [providers.{name}]"
    problems.add(place, f"no provider {shown(name)} is configured; {hint}")
    return False


def _check_provider(settings: Settings, flat: Flat, name: str, place: Place, problems: Problems) -> bool:
    if not _is_known(settings, name, place, problems):
        return False
    # A key that was given and could not be read is a problem already.
    if settings.providers[name].secret is None and not _given(flat, name):
        problems.add(
            place,
            f"{shown(name)} would be asked in another's place, and has no key of its own: "
            f'add key = "env:NAME" to [providers.{name}]; '
            "a client's key goes to no provider but the one that it asked",
        )
        return False
    return True


def _given(flat: Flat, name: str) -> bool:
    key = flat.get(("providers", name, "key"))
    return key is not None and key.value != "client"
