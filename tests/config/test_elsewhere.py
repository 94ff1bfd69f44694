from __future__ import annotations

from suffice.config.elsewhere import ElsewhereSettings, split, table_name


def test_names_are_parted_at_the_first_slash() -> None:
    assert split("a/b/c") == ("a", "b/c")
    assert table_name("a/b") == 'elsewhere."a/b"'


def test_a_model_keeps_its_name_unless_another_is_given() -> None:
    assert ElsewhereSettings(provider="azure").model is None
