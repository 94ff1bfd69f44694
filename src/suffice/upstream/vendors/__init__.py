"""Vendors that need no more than their name in suffice.toml: one TOML file each."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


def load_vendors() -> dict[str, dict[str, Any]]:
    """Returns what is known of each vendor, by the name of its provider table: base_url, wire, prices.

    `suffice.config.load` takes this; a vendor becomes a provider when `[providers.<name>]` names it.
    """
    return {file.stem: tomllib.loads(file.read_text("utf-8")) for file in sorted(_FOLDER.glob("*.toml"))}
