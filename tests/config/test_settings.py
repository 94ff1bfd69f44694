from __future__ import annotations

import msgspec
import pytest

from suffice.config import BUILT_IN, ServerSettings, Settings


def test_sizes_are_known_in_bytes() -> None:
    server = ServerSettings(max_body_mib=2, read_body_mib=0, max_header_kib=8)
    assert (server.max_body_bytes, server.read_body_bytes, server.max_header_bytes) == (2_097_152, 0, 8192)


def test_settings_alone_are_the_defaults_with_the_built_in_providers() -> None:
    settings = Settings()
    assert settings.mode == "observe"
    assert set(settings.providers) == set(BUILT_IN)
    assert [p.name for p in settings.providers.values() if p.default] == ["openai", "anthropic"]
    assert all(provider.secret is None for provider in settings.providers.values())


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().mode = "off"  # type: ignore[misc] -- the error is what is tested
    assert msgspec.structs.replace(Settings(), mode="off").mode == "off"
