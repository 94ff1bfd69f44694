"""The settings of models that are served elsewhere too, and how these are named."""

from __future__ import annotations

import msgspec


class ElsewhereSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where else a model is served: asked when its own provider fails, before anything was sent to the client."""

    provider: str
    """Which provider has it too. It speaks the same wire format, and needs a `key` of its own."""
    model: str | None = None
    """What it is called there; without it, the same."""


def split(name: str) -> tuple[str, str]:
    """Returns the provider and the model of `provider/model`; only the first slash parts them.

    >>> split("openrouter/openai/gpt-5.4")
    ('openrouter', 'openai/gpt-5.4')
    """
    provider, _, model = name.partition("/")
    return provider, model


def table_name(name: str) -> str:
    """Returns how a table of `[elsewhere]` is written.

    >>> table_name("openai/gpt-5.4")
    'elsewhere."openai/gpt-5.4"'
    """
    return f'elsewhere."{name}"'
