from __future__ import annotations

import re
from pathlib import Path

import genai_prices.data
import pytest

from suffice.config import load
from suffice.upstream.vendors import load_vendors

PRICE_IDS = {provider.id for provider in genai_prices.data.providers}


@pytest.mark.parametrize("name", sorted(load_vendors()))
def test_each_vendor_needs_no_more_than_its_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "suffice.toml"
    path.write_text(f"[providers.{name}]\n")
    provider = load(path, {}, load_vendors(), price_ids=PRICE_IDS).providers[name]
    assert provider.secret is None
    assert not provider.default
    assert set(load_vendors()[name]) <= {"base_url", "wire", "prices"}


def test_the_price_book_knows_each_vendor_by_the_same_address() -> None:
    for row in load_vendors().values():
        if "prices" in row:
            book = next(p for p in genai_prices.data.providers if p.id == row["prices"])
            # `match` as the price book does: from the start.
            assert re.match(book.api_pattern, row["base_url"]), row


def test_vendors_do_not_take_the_names_of_the_built_in_providers() -> None:
    assert not {"openai", "anthropic"} & set(load_vendors())
